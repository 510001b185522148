"""What is told to endpoints: an event, its id, and its words."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from jobs.delivery import Delivery
from jobs.job import Job, Status
from jobs.public import public_document

ID_PREFIX = "msg_"
ID_LETTERS = 27
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
# Of an id: four bytes of time, thirteen of a digest.
DIGEST_BYTES = 13
ID_BITS = 8 * (4 + DIGEST_BYTES)


class EventType(StrEnum):
    """What happened, in the words of the webhook's `type`."""

    JOB_COMPLETED = "job.completed"
    JOB_FAILED = "job.failed"
    ENDPOINT_DISABLED = "endpoint.disabled"  # another endpoint of the same owner
    PING = "ping"  # somebody asked for it, at one endpoint


# What an endpoint gets unless it is told; a ping always arrives.
SUBSCRIBABLE = frozenset(EventType) - {EventType.PING}


class Receiver(NamedTuple):
    """Where an event goes."""

    endpoint_id: str
    url: str | None = None  # where the endpoint has no address of its own


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened once, whoever learns of it."""

    id: str
    type: EventType
    happened_at: datetime
    data: str  # JSON
    job_key: str = ""  # of the job that it is about, if it is about one
    upload_etag: str = ""


def event_of(job: Job) -> Event:
    """The event of a settled job; it follows from the row alone, whoever looks and how often."""
    kind = type_of_end(job)
    at = (job.failed_at if job.is_failed else job.completed_at) or job.updated_at
    return Event(
        event_id(at, job.key, job.upload_etag, kind),
        kind,
        at,
        json.dumps(public_document(job), ensure_ascii=False, separators=(",", ":")),
        job.key,
        job.upload_etag,
    )


def type_of_end(job: Job) -> EventType:
    """Which event a settled job is."""
    return EventType.JOB_FAILED if job.status is Status.FAILED else EventType.JOB_COMPLETED


def delivery_of(event: Event, receiver: Receiver, now: datetime, hold: timedelta) -> Delivery:
    """The event for one receiver, due at once; given up when `hold` is over."""
    return Delivery(
        endpoint_id=receiver.endpoint_id,
        url=receiver.url,
        id=event.id,
        event=event.type,
        happened_at=event.happened_at,
        data=event.data,
        job_key=event.job_key,
        upload_etag=event.upload_etag,
        created_at=now,
        due=now,
        deadline=now + hold,
    )


def event_id(at: datetime, *parts: str) -> str:
    """An id that the same facts always have, and that sorts by time to a second."""
    text = "\0".join((*parts, at.isoformat()))
    digest = hashlib.sha256(text.encode()).digest()[:DIGEST_BYTES]
    return ID_PREFIX + _in_letters(int.from_bytes(int(at.timestamp()).to_bytes(4, "big") + digest))


def newest_first(given_id: str) -> str:
    """Letters that sort the other way round: the later the event, the earlier they come.

    Raises ValueError for what event_id() cannot have made.
    """
    number = int(given_id.removeprefix(ID_PREFIX), len(ALPHABET))
    if not 0 <= number < 2**ID_BITS or given_id != ID_PREFIX + _in_letters(number):
        raise ValueError(given_id)
    return _in_letters(2**ID_BITS - 1 - number)


def newest_first_from(at: datetime) -> str:
    """Where events of that second begin among such letters."""
    latest = (int(at.timestamp()) + 1 << 8 * DIGEST_BYTES) - 1
    return _in_letters(2**ID_BITS - 1 - latest)


def _in_letters(number: int) -> str:
    letters = []
    for _ in range(ID_LETTERS):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(reversed(letters))
