"""Answers preflights and marks responses for the origins that local.settings.json allows."""

from dataclasses import dataclass

from devhost.http.asgi import Request, Response


@dataclass(frozen=True, slots=True)
class Cors:
    """Which web pages may call the app."""

    # ("*",) allows all; empty allows none.
    origins: tuple[str, ...]
    allows_credentials: bool

    def preflight(self, request: Request) -> Response | None:
        """The answer to a preflight, which functions never see; None for other requests.

        It lacks `headers`, which the front adds to every response.
        """
        method = request.header("access-control-request-method")
        if request.method != "OPTIONS" or not method or not self.headers(request):
            return None
        headers = [("access-control-allow-methods", method)]
        wanted = request.header("access-control-request-headers")
        if wanted:
            headers.append(("access-control-allow-headers", wanted))
        return Response(204, headers=headers)

    def headers(self, request: Request) -> list[tuple[str, str]]:
        """What every response to an allowed origin carries; none for others."""
        origin = request.header("origin")
        if not origin:
            return []
        if "*" in self.origins:
            return [("access-control-allow-origin", "*")]
        if origin.rstrip("/") not in self.origins:
            return []
        headers = [("access-control-allow-origin", origin), ("vary", "Origin")]
        if self.allows_credentials:
            headers.append(("access-control-allow-credentials", "true"))
        return headers
