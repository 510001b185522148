"""The sender of a video says that its result has arrived: then it goes."""

from contextlib import suppress

from errors import StorageUnavailableError
from errors.requests import ExpiredJobError, NotReadyError, UnknownJobError
from jobs.alarm import alarm_for
from jobs.contract import Contract
from jobs.delivery import delivered
from jobs.job import FencedError, Job, Status
from jobs.tenant import NOBODY
from jobs.transitions import confirmed
from lifecycle.alarm import answer_now
from lifecycle.ingest import job_sent_as
from lifecycle.publish import publish
from lifecycle.services import Services
from lifecycle.transfer_state import TransferState, transfer_of, transfer_state_of
from worker.log import log

TRIES = 5


def confirm_video(services: Services, video_id: str, tenant: str = NOBODY) -> None:
    """Notes that the result of a tenant's newest video of that id has arrived, and deletes it.

    The same again when repeated. Raises UnknownJobError; NotReadyError before there is a result,
    and, where it is pushed, before an attempt at that began; ExpiredJobError once it went without.
    """
    for _ in range(TRIES):
        job = job_sent_as(services, Contract.VIDEO, video_id, tenant)
        if job is None:
            raise UnknownJobError("No video was sent under this id.")
        if job.confirmed_at:
            return
        _refuse_what_cannot_be_confirmed(services, job)
        with suppress(FencedError):
            _confirm(services, job)
            return
    raise StorageUnavailableError


def _refuse_what_cannot_be_confirmed(services: Services, job: Job) -> None:
    if job.status is Status.EXPIRED:
        raise ExpiredJobError
    if job.status is not Status.COMPLETED:
        raise NotReadyError
    if transfer_state_of(services, job) is TransferState.BEFORE:
        delivery = transfer_of(services, job)
        # A receiver may confirm before it has answered the push, or after an answer that got lost.
        if delivery is None or delivery.attempts == 0:
            raise NotReadyError


def _confirm(services: Services, job: Job) -> None:
    """Alarm, row, and then what the alarm would do as well."""
    if job.unpublished:
        job = publish(services, job)
    done = confirmed(job, services.clock())
    services.alarms.set(alarm_for(done, services.retention))
    done = services.jobs.replace(done)
    try:
        _end_push(services, done)
        answer_now(services, done)
    except (FencedError, StorageUnavailableError):
        log.warning("job of %s: confirmed, its result is deleted later", job.blob_name)


def _end_push(services: Services, job: Job) -> None:
    """What would be sent once more is there; an attempt that is under way ends by itself."""
    delivery = transfer_of(services, job)
    if delivery and delivery.is_active:
        with suppress(FencedError):
            services.outbox.move(delivery, delivered(delivery, None, services.clock()))
