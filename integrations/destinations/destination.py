"""What every kind of endpoint is to a dispatcher: somewhere that takes an event or does not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from integrations.stored_content import StoredContent
from jobs.delivery import Delivery
from jobs.endpoint import Endpoint

# What is kept of an answer, for people who look for what went wrong.
SHOWN_ANSWER = 1024


def nothing() -> None:
    """For attempts that nothing interrupts, and that nobody watches."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """The file that is delivered, and whose it is."""

    content: StoredContent
    file_name: str  # made by us: a UUID and the extension of the result
    external_id: str  # media_id or video_id
    organization_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt at one delivery."""

    delivery: Delivery
    endpoint: Endpoint  # with the address of the delivery, where that has its own
    is_trusted: bool  # whether the address was given by who runs or owns the service
    document: str  # the event as JSON, with a link to the result that was made for this attempt
    now: datetime  # by storage's clock
    parcel: Parcel | None = None  # of a transfer, which needs no document
    # To be called between any two steps of a transfer: raises DeliveryError when it must end.
    check: Callable[[], None] = nothing
    # To be called when the file of a transfer is there, and before anybody is told.
    uploaded: Callable[[], None] = nothing


@dataclass(frozen=True, slots=True)
class DeliveryAnswer:
    """How the event was accepted."""

    status: int | None = None  # HTTP status, where there is one
    answer: str = ""  # its beginning
    address: str = ""  # the network address that was asked


class Destination(Protocol):
    """One kind of endpoint."""

    def send(self, attempt: DeliveryAttempt) -> DeliveryAnswer:
        """Delivers the event; returns once it is accepted.

        In less than the lease of a delivery, which only transfers renew.

        May be called again for the same delivery, and by several threads. Raises DeliveryError,
        whose text holds no secret.
        """
