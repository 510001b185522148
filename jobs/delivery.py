"""One event for one endpoint: where it stands, and when it is tried again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from errors.deliveries import DeliveryError, DeliveryInterruptedError

# Before each attempt, counted from the one before: the example of the Standard Webhooks
# specification, ten attempts in 75 hours and 35 minutes.
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1
# A receiver may ask for a longer pause than the schedule has, up to this.
LONGEST_RETRY_AFTER = timedelta(hours=1)
# An attempt that is still at it by then is taken for dead; it has given up 10 s before.
LEASE = timedelta(seconds=30)
# The same of a transfer, which renews it for as long as it takes.
TRANSFER_LEASE = timedelta(seconds=60)
# Until a transfer that was interrupted goes on: storage may be gone for a while.
INTERRUPTION = timedelta(seconds=5)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"  # its next attempt begins when it is due
    SENDING = "sending"  # an attempt owns it until it is due again
    DELIVERED = "delivered"  # the endpoint has accepted it
    FAILED = "failed"  # refused for good, or given up after the last attempt
    DROPPED = "dropped"  # its endpoint was deleted or disabled meanwhile


ACTIVE = frozenset({DeliveryState.WAITING, DeliveryState.SENDING})


class DeliveryKey(NamedTuple):
    """What names a delivery; the same event has the same id at every endpoint."""

    endpoint_id: str
    delivery_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row. Times are UTC and aware."""

    endpoint_id: str
    id: str  # of the event; receivers know repetitions by it
    event: str  # its type
    happened_at: datetime
    data: str  # JSON, without the link, which is made for each attempt
    created_at: datetime
    due: datetime  # when it may be claimed, for the first time or once more
    deadline: datetime  # when it is given up, however few its attempts were
    job_key: str = ""  # of the job that the event is about, if it is about one
    upload_etag: str = ""
    url: str | None = None  # where the endpoint has no address of its own
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0  # how many were started in all
    attempts_before: int = 0  # how many of them under an earlier schedule
    replays: int = 0  # how often somebody asked for it once more
    attempt_id: str | None = None  # of the attempt that owns it
    ended_at: datetime | None = None
    last_status: int | None = None  # HTTP status of the last answer, if there was one
    error_code: str | None = None  # of the last attempt that failed
    has_arrived: bool = False  # whether its file is there, and only the confirmation is to be made
    row_etag: str | None = None  # the row's version; not a column

    @property
    def key(self) -> DeliveryKey:
        """What names it."""
        return DeliveryKey(self.endpoint_id, self.id)

    def in_version(self, row_etag: str | None) -> "Delivery":
        """The same delivery, as that version of its row."""
        return replace(self, row_etag=row_etag)

    @property
    def is_active(self) -> bool:
        """Whether anything more will happen to it by itself."""
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """What one attempt found: a line of the delivery's log."""

    number: int  # from 1
    began_at: datetime
    duration_ms: int
    status: int | None = None  # HTTP status, if there was an answer
    answer: str = ""  # its beginning
    address: str = ""  # the network address that was asked
    error_code: str | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A delivery and what its attempts found, the earliest first."""

    delivery: Delivery
    attempts: tuple[AttemptRecord, ...]


def claimed(
    delivery: Delivery, attempt_id: str, now: datetime, lease: timedelta = LEASE
) -> Delivery:
    """The delivery in the hands of a new attempt."""
    return replace(
        delivery,
        state=DeliveryState.SENDING,
        attempts=delivery.attempts + 1,
        attempt_id=attempt_id,
        due=now + lease,
    )


def renewed(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery that its transfer holds for longer."""
    return replace(delivery, due=now + TRANSFER_LEASE)


def delivered(delivery: Delivery, status: int | None, now: datetime) -> Delivery:
    """The delivery that its endpoint has accepted."""
    accepted = replace(delivery, last_status=status, error_code=None)
    return _ended(accepted, DeliveryState.DELIVERED, now)


def refused(delivery: Delivery, error: DeliveryError, now: datetime, jitter: float) -> Delivery:
    """The delivery after an attempt that failed: it waits for the next one, or is given up.

    `jitter` is in -1..1, and moves the next attempt by up to a tenth of its pause.
    """
    answered = replace(
        delivery,
        last_status=error.status,
        error_code=error.code,
        has_arrived=delivery.has_arrived or error.file_has_arrived,
    )
    if isinstance(error, DeliveryInterruptedError):
        uncounted = delivery.attempts_before + 1
        return replace(
            answered,
            state=DeliveryState.WAITING,
            attempt_id=None,
            due=now + INTERRUPTION,
            attempts_before=uncounted,
        )
    pause = next_pause(delivery.attempts - delivery.attempts_before, jitter)
    if error.is_final or pause is None:
        return _ended(answered, DeliveryState.FAILED, now)
    if error.pause_s is not None:
        asked = timedelta(seconds=error.pause_s)
        pause = max(pause, min(asked, LONGEST_RETRY_AFTER))
    due = min(now + pause, delivery.deadline - LEASE)  # the last one is made before it is too late
    if due <= now:
        return _ended(answered, DeliveryState.FAILED, now)
    return replace(answered, state=DeliveryState.WAITING, attempt_id=None, due=due)


def next_pause(attempts: int, jitter: float) -> timedelta | None:
    """How long after attempt number `attempts` the next one is due; None after the last."""
    if attempts >= len(SCHEDULE):
        return None
    return SCHEDULE[attempts] * (1 + JITTER * jitter)


def given_up(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery whose deadline has passed."""
    return _ended(delivery, DeliveryState.FAILED, now)


def dropped(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery whose endpoint is gone or disabled."""
    return _ended(delivery, DeliveryState.DROPPED, now)


def replayed(delivery: Delivery, now: datetime, hold: timedelta) -> Delivery:
    """The delivery once more from the beginning of the schedule, under the same id."""
    return replace(
        delivery,
        state=DeliveryState.WAITING,
        attempts_before=delivery.attempts,
        replays=delivery.replays + 1,
        has_arrived=False,
        attempt_id=None,
        due=now,
        deadline=now + hold,
        ended_at=None,
    )


def _ended(delivery: Delivery, state: DeliveryState, now: datetime) -> Delivery:
    return replace(delivery, state=state, attempt_id=None, ended_at=now)
