"""Takes Event Grid's word for new blobs: POST /runtime/webhooks/blobs?functionName=..."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from devhost.app.metadata import Function
from devhost.http.asgi import Request, Response

PATH = "/runtime/webhooks/blobs"
CREATED = "Microsoft.Storage.BlobCreated"
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"


class EventGridDoor:
    """The webhook that an event subscription points at."""

    def __init__(
        self, functions: Iterable[Function], enqueue: Callable[[Function, str, str], None]
    ) -> None:
        self._functions = {f"host.functions.{each.name.lower()}": each for each in functions}
        # Called with the function, the container and the blob's name.
        self._enqueue = enqueue

    async def answer(self, request: Request) -> Response:
        """Hands every BlobCreated event over, and answers a subscription's first question."""
        name = parse_qs(request.query).get("functionName", [""])[0]
        function = self._functions.get(name.lower())
        if function is None or request.method != "POST":
            return Response(404)
        try:
            content = json.loads(await request.body())
            events = content if isinstance(content, list) else [content]
            return self._take(function, events)
        except (ValueError, KeyError, TypeError):
            return Response(400)

    def _take(self, function: Function, events: list[dict[str, Any]]) -> Response:
        for event in events:
            # CloudEvents name the kind "type", Event Grid's own schema "eventType".
            kind = event.get("eventType") or event.get("type")
            if kind == VALIDATION:
                code = {"validationResponse": event["data"]["validationCode"]}
                return Response(200, json.dumps(code).encode(), "application/json")
            if kind == CREATED:
                path = event["subject"].partition("/containers/")[2]
                container, _, blob = path.partition("/blobs/")
                if not blob:
                    container, _, blob = _path_of(event["data"]["url"])
                self._enqueue(function, container, blob)
        return Response(202)


def _path_of(url: str) -> tuple[str, str, str]:
    return unquote(urlsplit(url).path).strip("/").partition("/")
