"""Runs HTTP functions that take func.HttpRequest: the whole request in, the whole response out."""

import json
from typing import Any
from urllib.parse import parse_qsl

from devhost.asgi import Request, Response, Send
from devhost.call import Call
from devhost.datum import Datum
from devhost.invocation import Invoker
from devhost.metadata import Function

REASON = "This function was programmatically called via the host APIs."


async def run_classic(call: Call, invoker: Invoker, send: Send) -> None:
    """Runs the function and sends its response; a failure is an empty 500."""
    result = await invoker.run(call)
    response = _response(result.returned) if result.is_success else Response(500)
    await response.send(send)


def http_call(
    function: Function, request: Request, route_values: dict[str, str], body: bytes
) -> Call:
    """The invocation for a request.

    The body of a chunked request is not passed on: the host looks at Content-Length only.
    """
    value = {
        "method": request.method,
        "url": _url(request),
        "headers": _joined(request.raw_headers),
        "params": route_values,
        # An empty value is no value: parse_qsl drops it as the host does.
        "query": _joined(parse_qsl(request.query)),
        "body": body if request.content_length else b"",
    }
    return Call(
        function,
        REASON,
        {function.trigger.name: Datum("http", value)},
        {name: Datum("string", text) for name, text in route_values.items()},
        trace_parent=request.header("traceparent"),
    )


def _url(request: Request) -> str:
    query = f"?{request.query}" if request.query else ""
    return f"http://{request.header('host')}{request.raw_path}{query}"


def _joined(pairs: Any) -> dict[str, str]:
    """One value per name; those of a repeated name are joined with commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _response(returned: Datum | None) -> Response:
    if returned is None:
        # No $return binding: the host has nothing to say.
        return Response(204)
    if returned.type == "http":
        value = returned.value
        headers = [*value["headers"].items(), *(("set-cookie", c) for c in value["cookies"])]
        return Response(value["status_code"], value["body"], headers=headers)
    return _from_text(returned.value)


def _from_text(text: str) -> Response:
    """A returned str: an object with a "body" is read as a whole response."""
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return Response(200, text.encode(), "text/plain; charset=utf-8")
    if "body" not in content:
        return Response(200, text.encode(), "application/json; charset=utf-8")
    body = content["body"]
    status = int(content.get("statusCode") or content.get("status") or 200)
    headers = [(str(k), str(v)) for k, v in (content.get("headers") or {}).items()]
    has_type = any(name.lower() == "content-type" for name, _ in headers)
    if isinstance(body, str):
        kind = "" if has_type else "text/plain; charset=utf-8"
        return Response(status, body.encode(), kind, headers)
    kind = "" if has_type else "application/json; charset=utf-8"
    return Response(status, json.dumps(body).encode(), kind, headers)
