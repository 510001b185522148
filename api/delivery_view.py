"""How a delivery stands in answers."""

from pydantic import BaseModel

from api.timestamp import Timestamp
from jobs.delivery import AttemptRecord, Delivery, LoggedDelivery, State


class DeliveryView(BaseModel):
    """One event for one webhook."""

    id: str  # the `webhook-id` of the event, the same at every webhook
    webhook: str  # which one; `job-...` is the address that was given with the upload
    event: str  # its type
    happened_at: Timestamp
    state: State
    attempts: int  # how many were made
    next_attempt_at: Timestamp | None  # while it waits
    ended_at: Timestamp | None
    replays: int  # how often it was asked for once more
    last_status: int | None  # HTTP status of the last answer
    error_code: str | None  # of the last attempt, if that failed


class AttemptView(BaseModel):
    """What one attempt found."""

    number: int
    began_at: Timestamp
    duration_ms: int
    status: int | None  # HTTP status, if there was an answer
    answer: str  # its beginning
    address: str  # the network address that was asked
    error_code: str | None
    error_message: str | None


class LoggedDeliveryView(DeliveryView):
    """A delivery with what its attempts found."""

    log: list[AttemptView]  # the earliest first


def delivery_view(delivery: Delivery) -> DeliveryView:
    """The public view."""
    return DeliveryView(
        id=delivery.id,
        webhook=delivery.endpoint_id,
        event=delivery.event,
        happened_at=delivery.happened_at,
        state=delivery.state,
        attempts=delivery.attempts,
        next_attempt_at=delivery.due if delivery.state is State.WAITING else None,
        ended_at=delivery.ended_at,
        replays=delivery.replays,
        last_status=delivery.last_status,
        error_code=delivery.error_code,
    )


def logged_view(logged: LoggedDelivery) -> LoggedDeliveryView:
    """The public view with the log."""
    plain = delivery_view(logged.delivery).model_dump()
    return LoggedDeliveryView(**plain, log=[_attempt_view(each) for each in logged.attempts])


def _attempt_view(record: AttemptRecord) -> AttemptView:
    return AttemptView.model_validate(record, from_attributes=True)
