"""The queue message: it names the job; the row is the truth."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from order import Order

VERSION = 1
HIGH_PRIORITY_BELOW_BYTES = 10 * 1024 * 1024
# A phone's clip of 5 MB takes as long as ten of its photos: a name that says so is believed.
VIDEO_EXTENSIONS = frozenset(
    (
        *(".3g2", ".3gp", ".asf", ".avi", ".dv", ".flv", ".m2ts", ".m2v", ".m4v", ".mkv", ".mov"),
        *(".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".ogm", ".ogv", ".qt", ".rm", ".ts"),
        *(".vob", ".webm", ".wmv"),
    )
)


class Priority(StrEnum):
    """Which of the two queues a message waits in."""

    HIGH = "high"
    NORMAL = "normal"


class UnreadableMessageError(Exception):
    """The bytes are not a message of ours, or of a version we no longer read."""


@dataclass(frozen=True, slots=True)
class JobMessage:
    """Wakes a worker for one upload."""

    blob_name: str
    upload_etag: str
    file_size: int  # bytes
    priority: Priority  # which queue it is in
    retry_count: int
    sent_at: datetime

    def encode(self) -> str:
        """JSON text with everything nested under `job`.

        The host merges top-level keys such as `id` or `dequeueCount` over the message's own
        metadata.
        """
        job = {
            "blob_name": self.blob_name,
            "upload_etag": self.upload_etag,
            "file_size": self.file_size,
            "priority": self.priority,
            "retry_count": self.retry_count,
            "timestamp": self.sent_at.isoformat(),
        }
        return json.dumps({"v": VERSION, "job": job})


def priority_of(blob_name: str, size_bytes: int, order: Order) -> Priority:
    """As it was asked; else high below 10 MB, but for what is a video by its name."""
    if order.priority:
        return Priority(order.priority)
    is_large = size_bytes >= HIGH_PRIORITY_BELOW_BYTES
    is_video = PurePosixPath(blob_name).suffix.lower() in VIDEO_EXTENSIONS
    return Priority.NORMAL if is_large or is_video else Priority.HIGH


def decode(body: bytes) -> JobMessage:
    """Reads what encode() wrote; raises UnreadableMessageError for anything else."""
    try:
        document = json.loads(body)
        if document["v"] != VERSION:
            raise UnreadableMessageError(f"version {document['v']!r}")
        return _message(document["job"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise UnreadableMessageError(repr(error)) from error


def _message(job: dict[str, Any]) -> JobMessage:
    if not isinstance(job["blob_name"], str) or not job["blob_name"]:
        raise UnreadableMessageError("no blob name")
    job["blob_name"].encode()  # half a surrogate pair names no blob
    return JobMessage(
        blob_name=job["blob_name"],
        upload_etag=str(job["upload_etag"]),
        file_size=int(job["file_size"]),
        priority=Priority(job["priority"]),
        retry_count=int(job["retry_count"]),
        sent_at=datetime.fromisoformat(job["timestamp"]),
    )
