"""The routes as the host is told them, and every spelling of a path that means one of them."""

import re
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem import problem_response
from errors.requests import WrongMethodError

OPENAPI_PATH = "/api/openapi.json"
DOCS_PATH = "/api/docs"
METHODS = ("GET", "POST", "DELETE", "HEAD", "PATCH", "PUT", "OPTIONS")
# What no other route takes, so that the answer is a problem and not the host's empty 404. The host
# tries routes in the order of their names: this one must be the last. `/` stays the host's page.
OTHERWISE_NAME = "without_route"
OTHERWISE_PATH = "/{first}/{*rest}"
PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """One way in: what the host needs to know to send requests here."""

    name: str
    path: str  # with a leading slash
    methods: tuple[str, ...]


def http_routes(api: FastAPI) -> list[HttpRoute]:
    """Every route of the application; names are unique."""
    described = [
        HttpRoute(operation["operationId"], path, _with_head(method.upper()))
        for path, methods in api.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    return [*described, *_of_documents(api), HttpRoute(OTHERWISE_NAME, OTHERWISE_PATH, METHODS)]


def _of_documents(api: FastAPI) -> list[HttpRoute]:
    documents = [HttpRoute("openapi", OPENAPI_PATH, _with_head("GET"))]
    documents += [HttpRoute("docs", DOCS_PATH, _with_head("GET"))]
    return documents if api.openapi_url else []


def _with_head(method: str) -> tuple[str, ...]:
    """Whoever may GET may ask for the headers alone, as monitors do."""
    return (method, "HEAD") if method == "GET" else (method,)


class Spellings:
    """Takes a path as the host does: in any case, and with slashes at its end or without.

    It is answered at once. Redirected, a client would send its file twice. HEAD is answered as GET
    without the body, and a method that a path does not have with 405 and those that it has.
    """

    def __init__(self, app: ASGIApp, api: FastAPI) -> None:
        self._app = app
        self._api = api
        self._known: list[tuple[re.Pattern[str], HttpRoute]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses its method."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        path = scope["path"].rstrip("/")
        found = [(match, route) for match, route in self._matching(path)]
        allowed = sorted({method for _, route in found for method in route.methods})
        if found and scope["method"] not in allowed:
            headers = {"Allow": ", ".join(allowed)}
            await problem_response(WrongMethodError(), headers)(scope, receive, send)
            return
        if found:
            path = _filled_in(*found[0])
        await self._app({**scope, "path": path or "/"}, receive, send)

    def _matching(self, path: str) -> list[tuple[re.Match[str], HttpRoute]]:
        if not self._known:
            routes = http_routes(self._api)[:-1]
            self._known = [(_pattern(each.path), each) for each in routes]
        matches = ((pattern.fullmatch(path), route) for pattern, route in self._known)
        return [(match, route) for match, route in matches if match]


def _pattern(path: str) -> re.Pattern[str]:
    parts = PARAMETER.split(path.rstrip("/"))
    # Every other part is the name of a parameter.
    parts[::2] = map(re.escape, parts[::2])
    parts[1::2] = [f"(?P<{name}>[^/]+)" for name in parts[1::2]]
    return re.compile("".join(parts), re.IGNORECASE)


def _filled_in(match: re.Match[str], route: HttpRoute) -> str:
    return PARAMETER.sub(lambda found: match[found[1]], route.path.rstrip("/"))


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
