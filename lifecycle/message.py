"""A message from the queue: ours, or noise that is logged once and dropped."""

from jobs import delivery_message
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


def read_endpoints(body: bytes) -> frozenset[str]:
    """The endpoints that a message names; none when it is not one of ours.

    Dropping it loses no event: an alarm stands for each that is due.
    """
    try:
        return delivery_message.decode(body)
    except UnreadableMessageError as error:
        log.error("a message could not be read (%s): %r", error, body[:SHOWN_BYTES])
        return frozenset()


def drop_endpoints(body: bytes) -> None:
    """For a message that the host gave up: the alarms of its endpoints wake a dispatcher anyway."""
    log.warning("a message for deliveries was given up by the host: %r", body[:SHOWN_BYTES])
