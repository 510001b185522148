"""Is the host's HTTP side: limits, CORS, routes, and the host's own pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from devhost import console
from devhost.app.metadata import Function
from devhost.app.route import Route
from devhost.http import event_grid
from devhost.http.admin import Admin
from devhost.http.asgi import (
    BodyTooLarge,
    ClientGone,
    Message,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    request_of,
)
from devhost.http.cors import Cors
from devhost.http.streamed import BrokenResponse, StreamingProxy, http_call

DEFAULT_BODY_LIMIT_BYTES = 104857600
HOMEPAGE = (
    b"<!DOCTYPE html><html><head><title>Your Functions app is up and running</title></head>"
    b"<body><h1>Your Functions app is up and running</h1></body></html>"
)


@dataclass(frozen=True, slots=True)
class Front:
    """The ASGI application that the host serves."""

    routes: tuple[Route, ...]
    functions: Mapping[str, Function]
    # None: the app has no HTTP function.
    proxy: StreamingProxy | None
    admin: Admin
    event_grid: event_grid.EventGridDoor
    cors: Cors
    custom_headers: Mapping[str, str]
    body_limit_bytes: int
    has_homepage: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        request = request_of(scope, receive, self.body_limit_bytes)
        marked = self._marking(request, send)
        try:
            await self._answer(request, marked)
        except ClientGone:
            return
        except BrokenResponse:
            # Our own server then breaks the connection.
            raise
        except BodyTooLarge:
            # The genuine host means 413 and says 500 (azure-functions-host#10519).
            await Response(500).send(marked)
        except Exception as error:
            # Our server would be silent about it.
            console.log(f"devhost has a defect: {error!r}")
            raise

    def _marking(self, request: Request, send: Send) -> Send:
        extra = [*self.cors.headers(request), *self.custom_headers.items()]
        encoded = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in extra]

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *encoded]
            await send(message)

        return marked

    async def _answer(self, request: Request, send: Send) -> None:
        if (request.content_length or 0) > self.body_limit_bytes:
            raise BodyTooLarge
        preflight = self.cors.preflight(request)
        path = request.raw_path.lower()
        if preflight is not None:
            await preflight.send(send)
        elif path == "/admin" or path.startswith("/admin/"):
            await (await self.admin.answer(request)).send(send)
        elif path == event_grid.PATH:
            response = await self.event_grid.answer(request)
            await response.send(send)
        else:
            await self._answer_function(request, send)

    async def _answer_function(self, request: Request, send: Send) -> None:
        for route in self.routes:
            values = route.match(request.method, request.raw_path)
            if values is not None and self.proxy is not None:
                function = self.functions[route.function_name]
                await self.proxy.run(http_call(function, request, values), request, send)
                return
        if request.raw_path == "/" and request.method == "GET":
            page = Response(200, HOMEPAGE, "text/html") if self.has_homepage else Response(204)
            await page.send(send)
            return
        await Response(404).send(send)
