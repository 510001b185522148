"""How far the file of a learning platform is on its way back."""

from enum import Enum, auto

from jobs.delivery import Delivery, DeliveryState
from jobs.endpoint import CONTRACT_OF
from jobs.event import EventType
from jobs.job import Job, Status
from lifecycle.services import Services


class TransferState(Enum):
    """Where the file is, once it was compressed."""

    NONE = auto()  # nobody brings it, or it is not known any more who did
    BEFORE = auto()  # its transfer is still to come, or at work
    UNCONFIRMED = auto()  # it is there, and its owner did not take note of it
    THERE = auto()
    LOST = auto()  # given up


def transfer_of(services: Services, job: Job) -> Delivery | None:
    """The delivery of the job's file, if there is one; one call."""
    keys = [key for key in job.published if key.endpoint_id in CONTRACT_OF]
    return services.outbox.get(keys[0]) if keys else None


def transfer_state_of(services: Services, job: Job) -> TransferState:
    """Where the result of a job is that came by a contract."""
    if job.status not in (Status.COMPLETED, Status.EXPIRED):
        return TransferState.NONE
    if job.unpublished:
        receivers = services.endpoints.receivers(job, EventType.JOB_COMPLETED)
        return (
            TransferState.BEFORE
            if {each.endpoint_id for each in receivers} & {*CONTRACT_OF}
            else TransferState.NONE
        )
    delivery = transfer_of(services, job)
    return _way(delivery) if delivery else TransferState.NONE


def _way(delivery: Delivery) -> TransferState:
    if delivery.state is DeliveryState.DELIVERED:
        return TransferState.THERE
    if delivery.has_arrived:
        return TransferState.UNCONFIRMED
    return TransferState.BEFORE if delivery.is_active else TransferState.LOST
