"""One line of the log for each step of a delivery, with the fields that lines of jobs have."""

import logging
from dataclasses import dataclass
from enum import StrEnum

from errors import MediaProcessorError
from jobs.delivery import Delivery
from worker.log import log

STAGE = "delivery"


class DeliveryAction(StrEnum):
    """The verbs, as they stand in the field `action`."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"  # it is tried again
    GAVE_UP = "gave_up"  # refused for good, after the last attempt, or too late
    DROPPED = "dropped"  # the endpoint was deleted or disabled
    LOST_CLAIM = "lost_claim"  # the attempt took longer than its lease


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What every line says besides its sentence."""

    action: DeliveryAction
    delivery: Delivery
    duration_ms: int = 0
    error: MediaProcessorError | None = None

    @property
    def fields(self) -> dict[str, str | int]:
        """The same names in every line, two more than in those of jobs."""
        return {
            "action": self.action.value,
            "job": self.delivery.job_key,
            "attempt": self.delivery.attempts,
            "stage": STAGE,
            "duration_ms": self.duration_ms,
            "code": self.error.code if self.error else "",
            "endpoint": self.delivery.endpoint_id,
            "delivery": self.delivery.id,
        }


def log_delivery(line: DeliveryLine, sentence: str, *parts: object) -> None:
    """Logs the line as `TYPE to ENDPOINT: sentence [fields]`; a receiver's fault is no error."""
    fields = line.fields
    level = logging.INFO if line.action is DeliveryAction.DELIVERED else logging.WARNING
    shown = " ".join(f"{name}={value}" for name, value in fields.items())
    log.log(
        level,
        f"%s to %s: {sentence} [%s]",
        line.delivery.event,
        line.delivery.endpoint_id,
        *parts,
        shown,
        extra=fields,
    )
