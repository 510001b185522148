"""What the host sent to poison: it gave up on the message, which says nothing about the job."""

from jobs.alarm import waiting_since
from jobs.event import EventType
from jobs.job import FencedError
from jobs.message import JobMessage
from jobs.retry import is_exhausted
from jobs.transitions import failed
from lifecycle.log_line import Action, Line, log_action
from lifecycle.postpone import postpone
from lifecycle.publish import is_owed, publish_soon
from lifecycle.services import Services
from worker.log import log


def examine_poison(services: Services, message: JobMessage) -> None:
    """Keeps the row truthful: a job with attempts left is woken, another one fails for good.

    The host moves messages here after five redeliveries, also when the worker's death, and not the
    job, was the cause.
    """
    job = services.jobs.get(message.blob_name)
    if job is None or job.is_settled or job.upload_etag != message.upload_etag:
        log.info("job of %s needs nothing from its poison message", message.blob_name)
        return
    now, max_retries = services.clock(), services.settings.max_retry_attempts
    reason = is_exhausted(job.attempts_counted, max_retries, job.vanished_attempts)
    try:
        if reason and not job.is_leased(now):  # the last attempt may still be at work
            is_told = is_owed(services, job, EventType.JOB_FAILED)
            over = services.jobs.replace(failed(job, reason, now, unpublished=is_told))
            log_action(Line(Action.FAILED, job, "queue", 0, reason), "no attempt came back")
            publish_soon(services, over)
        elif postpone(services, job, now + services.lease):
            late_s = (now - waiting_since(job)).total_seconds()
            line = Line(Action.RESCUED, job, "queue", late_s)
            log_action(line, "its message was poison; woken again")
    except FencedError:
        examine_poison(services, message)  # the row changed at this moment: look again
