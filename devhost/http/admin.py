"""Answers the host's own URLs: status, ping, the list of functions, and running one by hand."""

import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from devhost import background
from devhost.app.metadata import Function
from devhost.http.asgi import Request, Response

JSON = "application/json; charset=utf-8"
STARTED = time.monotonic()


@dataclass(frozen=True, slots=True)
class Admin:
    """The host as its operator sees it."""

    host_id: str
    functions: tuple[Function, ...]
    # Runs a function by hand with the given input; returns when it has ended.
    run: Callable[[Function, str], Coroutine[Any, Any, None]]

    async def answer(self, request: Request) -> Response:
        """The answer to a request below /admin."""
        path = request.raw_path.strip("/").lower()
        if path == "admin/host/ping" and request.method in ("GET", "POST"):
            return Response(200)
        if path == "admin/host/status" and request.method == "GET":
            return _json(self._status())
        if path == "admin/functions" and request.method == "GET":
            return _json([_described(each) for each in self.functions])
        name = path.removeprefix("admin/functions/")
        function = next((f for f in self.functions if f.name.lower() == name), None)
        if function is None:
            return Response(404)
        if request.method == "GET":
            return _json(_described(function))
        return await self._start(function, request) if request.method == "POST" else Response(404)

    async def _start(self, function: Function, request: Request) -> Response:
        try:
            content = json.loads(await request.body() or b"{}")
            given = content.get("input", "")
        except (ValueError, AttributeError):
            return Response(400)
        if function.trigger.type == "httpTrigger":
            return Response(400, b"Call an HTTP function by its own URL.", "text/plain")
        text = given if isinstance(given, str) else json.dumps(given)
        background.start(self.run(function, text))
        return Response(202)

    def _status(self) -> dict[str, Any]:
        return {
            "id": self.host_id,
            "state": "Running",
            "version": "devhost",
            "processUptime": round((time.monotonic() - STARTED) * 1000),
        }


def _json(value: Any) -> Response:
    return Response(200, json.dumps(value).encode(), JSON)


def _described(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "isDisabled": function.is_disabled,
        "language": "python",
        "config": {"bindings": [dict(each.options) for each in function.bindings]},
    }
