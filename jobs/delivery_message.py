"""The message that wakes a dispatcher: it names endpoints at which something may be due."""

import json
from collections.abc import Collection

from jobs.message import VERSION, UnreadableMessageError


def encode(endpoint_ids: Collection[str]) -> str:
    """JSON text, with nothing of ours at the top level, as for jobs."""
    return json.dumps({"v": VERSION, "delivery": {"endpoints": sorted(endpoint_ids)}})


def decode(body: bytes) -> frozenset[str]:
    """The endpoints; raises UnreadableMessageError for what encode() did not write."""
    try:
        document = json.loads(body)
        if document["v"] != VERSION:
            raise UnreadableMessageError(f"version {document['v']!r}")
        endpoints = document["delivery"]["endpoints"]
        if not all(isinstance(each, str) for each in endpoints):
            raise UnreadableMessageError("no names")
        return frozenset(endpoints)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableMessageError(repr(error)) from error
