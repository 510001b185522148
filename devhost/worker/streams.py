"""Runs the HTTP-streams extension's own server in the worker and hands requests to functions.

Mirrors azure_functions_runtime.http_v2: the host proxies the raw request to this server and names
the invocation in a header; the function's response goes back through the same connection.
"""

import asyncio
import importlib
import logging
import socket
import sys
from typing import Any

from devhost.ipc import INVOCATION_HEADER

START_LIMIT_S = 10.0


def is_enabled() -> bool:
    """Whether the app imported an HTTP-streams extension; then all its HTTP functions use it."""
    base = _base()
    return base is not None and bool(base.HttpV2FeatureChecker.http_v2_enabled())


def accepts(annotation: Any, *, is_output: bool) -> bool:
    """Whether the annotation is one of the extension's request or response types."""
    tracker = _base().ResponseTrackerMeta if is_output else _base().RequestTrackerMeta
    return bool(tracker.check_type(annotation))


class RequestBroker:
    """Brings the invocation and the proxied request of one call together, whichever is first."""

    def __init__(self) -> None:
        self._requests: dict[str, asyncio.Future[Any]] = {}
        self._responses: dict[str, asyncio.Future[Any]] = {}
        self._server: asyncio.Task[None] | None = None

    async def start_server(self) -> str:
        """Starts the extension's server on a free loopback port and returns its URL."""
        extension = importlib.import_module(_base().ModuleTrackerMeta.get_module())
        web_app = extension.WebApp()
        request_type = _base().RequestTrackerMeta.get_request_type()

        async def catch_all(request: Any) -> Any:
            return await self._answer(request)

        # FastAPI injects the request by its annotation.
        catch_all.__annotations__["request"] = request_type
        web_app.route(catch_all)
        _quiet_server()
        port = _free_port()
        server = extension.WebServer("127.0.0.1", port, web_app)
        self._server = asyncio.get_running_loop().create_task(server.serve())
        await _wait_until_listening(port)
        # A failed function is reported by the host; once is enough.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        return f"http://127.0.0.1:{port}"

    def expect(self, invocation_id: str) -> None:
        """Makes room for the request of an invocation that is about to start."""
        self._slot(self._requests, invocation_id)

    async def request_of(self, invocation_id: str, route_params: dict[str, str]) -> Any:
        """The proxied request of an invocation, its route parameters filled in.

        Raises ConnectionError when the host gave the request up before it came.
        """
        try:
            request = await self._slot(self._requests, invocation_id)
        finally:
            self._requests.pop(invocation_id, None)
        _base().RequestTrackerMeta.get_synchronizer().sync_route_params(request, route_params)
        return request

    def respond(self, invocation_id: str, response: Any) -> None:
        """Answers the request; an exception becomes the server's own 500."""
        slot = self._slot(self._responses, invocation_id)
        if not slot.done():
            slot.set_result(response)

    def abandon(self, invocation_id: str) -> None:
        """Stops waiting for a request that will not come; without effect once it is there."""
        slot = self._requests.get(invocation_id)
        if slot is not None and not slot.done():
            slot.set_exception(ConnectionError("The HTTP request was given up by its client."))

    async def _answer(self, request: Any) -> Any:
        invocation_id = request.headers.get(INVOCATION_HEADER)
        if invocation_id is None:
            raise ValueError(f"Header {INVOCATION_HEADER} not found")
        slot = self._slot(self._requests, invocation_id)
        if not slot.done():
            slot.set_result(request)
        try:
            response = await self._slot(self._responses, invocation_id)
        finally:
            self._responses.pop(invocation_id, None)
        if isinstance(response, BaseException):
            raise response
        return response

    @staticmethod
    def _slot(slots: dict[str, asyncio.Future[Any]], key: str) -> asyncio.Future[Any]:
        if key not in slots:
            slots[key] = asyncio.get_running_loop().create_future()
        return slots[key]


def _base() -> Any:
    # Looked up, not imported: an app that uses no extension must not pay for it.
    return sys.modules.get("azurefunctions.extensions.base")


def _quiet_server() -> None:
    """Keeps uvicorn's start and access lines off the terminal; the host reports requests itself."""
    config = sys.modules.get("uvicorn.config")
    loggers = getattr(config, "LOGGING_CONFIG", {}).get("loggers", {})
    for each in loggers.values():
        each["level"] = "WARNING"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _wait_until_listening(port: int) -> None:
    deadline = asyncio.get_running_loop().time() + START_LIMIT_S
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
