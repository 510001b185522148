"""What the host sent to poison: it gave up on the message, which says nothing about the job."""

from jobs.job import FencedError, Job
from jobs.message import JobMessage
from jobs.retry import is_exhausted
from lifecycle.services import Services, log


def examine_poison(services: Services, message: JobMessage) -> None:
    """Keeps the row truthful: a job with attempts left is woken, another one fails for good.

    The host moves messages here after five redeliveries, also when the worker's death, and not the
    job, was the cause.
    """
    job = services.jobs.get(message.blob_name)
    if job is None or job.is_settled or job.upload_etag != message.upload_etag:
        log.info("job of %s needs nothing from its poison message", message.blob_name)
        return
    now = services.clock()
    reason = is_exhausted(job.attempts, services.settings.max_retry_attempts)
    if reason and not job.is_leased(now):  # the last attempt may still be at work
        _fail(services, job.failed(reason, now))
    else:
        services.wake(job, services.lease)
        log.warning("job of %s came out of the poison queue and was woken again", job.blob_name)


def _fail(services: Services, job: Job) -> None:
    try:
        services.jobs.replace(job)
    except FencedError:
        log.info("job of %s moved on while its poison message was read", job.blob_name)
    else:
        log.error("job of %s failed: %s", job.blob_name, job.error_code)
