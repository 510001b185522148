"""A message from the queue: ours, or noise that is logged once and dropped."""

from jobs.message import JobMessage, UnreadableMessageError, decode
from worker.log import log

SHOWN_BYTES = 200


def read_message(body: bytes) -> JobMessage | None:
    """The message, or None when it is not one of ours.

    Dropping it loses no job: rows are the truth, and the sweep wakes those without a message.
    """
    try:
        return decode(body)
    except UnreadableMessageError as error:
        log.error("a message could not be read (%s): %r", error, body[:SHOWN_BYTES])
        return None
