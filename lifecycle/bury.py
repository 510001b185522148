"""What the host sent to poison: it gave up on the message, which says nothing about the job."""

from jobs.due import waits_since
from jobs.job import FencedError
from jobs.message import JobMessage
from jobs.retry import is_exhausted
from lifecycle.come_back import come_back
from lifecycle.log_line import Action, Line, tell
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
    reason = is_exhausted(job.spent, services.settings.max_retry_attempts, job.deaths)
    try:
        if reason and not job.is_leased(now):  # the last attempt may still be at work
            services.jobs.replace(job.failed(reason, now))
            tell(Line(Action.FAILED, job, "queue", 0, reason), "no attempt came back")
        elif come_back(services, job, now + services.lease):
            late_s = (now - waits_since(job)).total_seconds()
            tell(Line(Action.RESCUED, job, "queue", late_s), "its message was poison; woken again")
    except FencedError:
        examine_poison(services, message)  # the row changed at this moment: look again
