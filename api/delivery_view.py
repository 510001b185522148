"""How a delivery stands in answers."""

from pydantic import BaseModel, Field

from api.schema import ERROR_CODE, named
from api.timestamp import Timestamp
from jobs.delivery import AttemptRecord, Delivery, DeliveryState, LoggedDelivery


class DeliveryView(BaseModel):
    """One event for one webhook."""

    id: str = Field(description="The webhook-id of the event, the same at every webhook.")
    webhook: str = Field(
        description="Which one; job-... is the address that was given with the upload."
    )
    event: str = Field(description="Its type.")
    happened_at: Timestamp = Field(description="When the event happened.")
    state: DeliveryState = Field(description="Where the delivery stands.")
    attempts: int = Field(description="How many were made.")
    next_attempt_at: Timestamp | None = Field(
        description="When the next attempt is made, while it waits."
    )
    ended_at: Timestamp | None = Field(description="When nothing more happened to it.")
    replays: int = Field(description="How often it was asked for once more.")
    last_status: int | None = Field(description="HTTP status of the last answer.")
    error_code: str | None = Field(
        description="Of the last attempt, if that failed.", json_schema_extra=named(ERROR_CODE)
    )


class AttemptView(BaseModel):
    """What one attempt found."""

    number: int = Field(description="From 1.")
    began_at: Timestamp = Field(description="When it began.")
    duration_ms: int = Field(description="How long it took, in milliseconds.")
    status: int | None = Field(description="HTTP status, if there was an answer.")
    answer: str = Field(description="The beginning of the answer.")
    address: str = Field(description="The network address that was asked.")
    error_code: str | None = Field(
        description="Why it failed.", json_schema_extra=named(ERROR_CODE)
    )
    error_message: str | None = Field(description="The same for people.")


class LoggedDeliveryView(DeliveryView):
    """A delivery with what its attempts found."""

    log: list[AttemptView] = Field(description="What its attempts found, the earliest first.")


def delivery_view(delivery: Delivery) -> DeliveryView:
    """The public view."""
    return DeliveryView(
        id=delivery.id,
        webhook=delivery.endpoint_id,
        event=delivery.event,
        happened_at=delivery.happened_at,
        state=delivery.state,
        attempts=delivery.attempts,
        next_attempt_at=delivery.due if delivery.state is DeliveryState.WAITING else None,
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
