"""A look at one job, when its alarm rings: does what is due, under the eye of the next alarm."""

from dataclasses import replace
from datetime import datetime

from integrations.alarms import Alarm, Kind
from jobs.due import due_at, is_doubtful, is_waiting, next_look
from jobs.job import FencedError, Job, Status
from jobs.message import priority_of
from lifecycle import failpoints
from lifecycle.deliver import finish
from lifecycle.failpoints import Point
from lifecycle.log_line import Action, Line, tell
from lifecycle.services import Services

# What was done, if anything; and the alarm that was set for it, None when nothing is left to do.
Outcome = tuple[str | None, Alarm | None]


def answer(services: Services, alarm: Alarm) -> str | None:
    """Looks at the alarm's job; the alarm is cleared only when another is set, or none is needed.

    Raises FencedError when the row changed meanwhile: the alarm stays, and rings again.
    """
    job = services.jobs.get_by_key(alarm.job_key) or services.history.get_by_key(alarm.job_key)
    if alarm.at > services.clock():
        return None  # our clock was ahead until that answer: what the alarm is for is still to come
    action, following = _look(services, job) if job else (None, None)
    if following != alarm:  # equal when what was due could not be done yet
        services.alarms.clear(alarm)
    return action


def look_unasked(services: Services, job: Job) -> str | None:
    """For who found the job by chance: it may have no alarm, and gets one that is answered."""
    alarm = Alarm(_kind(job), job.key, due_at(job, services.terms))
    services.alarms.set(alarm)
    return answer(services, alarm)


def _look(services: Services, job: Job) -> Outcome:
    """Does what is due; before a row says so, an alarm is set for what comes then.

    Harmless to repeat, as long as an alarm of the job is left.
    """
    if due_at(job, services.terms) > services.clock():
        return None, _watched(services, job)
    if job.status is Status.COMPLETED:
        return _expire(services, job)
    if job.status is Status.FAILED:
        return _forget_failure(services, job)
    if job.status is Status.EXPIRED:
        return _forget(services, job)
    return _wake(services, job)


def _watched(services: Services, job: Job) -> Alarm:
    """Sets an alarm for what comes next; before a row says so, as with every alarm.

    Another tick may have cleared the one that rang, having found no row then.
    """
    following = Alarm(_kind(job), job.key, next_look(job, services.clock(), services.terms))
    services.alarms.set(following)
    failpoints.reached(Point.NEXT_ALARM)
    return following


def _kind(job: Job) -> Kind:
    if job.is_settled:
        return Kind.EXPIRY
    return Kind.RESCUE if is_waiting(job) else Kind.LEASE


def _wake(services: Services, job: Job) -> Outcome:
    """A job that is queued without a message, or processing without a heartbeat.

    A lapsed lease is proof that an attempt died; one that waits may only wait behind others.
    """
    now = services.clock()
    if is_waiting(job) and not (
        services.queue.is_idle(priority_of(job.file_size)) or is_doubtful(job, now)
    ):
        return None, _watched(services, job)
    woken = replace(job, enqueued_at=now)
    following = _watched(services, woken)
    woken = services.jobs.replace(woken)
    failpoints.reached(Point.WOKEN_ROW)
    services.wake(woken)
    failpoints.reached(Point.WOKEN_MESSAGE)
    late_s = (now - due_at(job, services.terms)).total_seconds()
    tell(Line(Action.RESCUED, job, "sweep", late_s), "had no message; it was woken again")
    return "jobs woken", following


def _expire(services: Services, job: Job) -> Outcome:
    """Blobs first, row last: a crash between them leaves a row that the next tick expires.

    The result goes first: it goes in time also when the upload cannot be deleted. The row stays as
    long as the upload, which would be taken for a new one without it.
    """
    if job.processed_blob_name and job.output_etag:
        services.blobs.delete_output(job.processed_blob_name, job.output_etag)
    failpoints.reached(Point.RESULT_EXPIRED)
    finish(services, job)
    expired, following = _moved_to_history(services, job)
    line = Line(Action.EXPIRED, expired, "sweep", _age_s(services, job.completed_at))
    tell(line, "CLEANUP: %s deleted", job.processed_blob_name)
    return "results expired", following


def _forget_failure(services: Services, job: Job) -> Outcome:
    services.blobs.delete_upload(job.blob_name, job.upload_etag)
    expired, following = _moved_to_history(services, job)
    line = Line(Action.FORGOTTEN, expired, "sweep", _age_s(services, job.failed_at))
    tell(line, "CLEANUP: its upload deleted")
    return "failures forgotten", following


def _moved_to_history(services: Services, job: Job) -> tuple[Job, Alarm]:
    """Written there before it goes here: at no moment is there nothing to tell."""
    expired = job.expired(services.clock())
    following = _watched(services, expired)
    services.history.put(expired)
    failpoints.reached(Point.IN_HISTORY)
    if not services.jobs.delete(job):
        raise FencedError(job.blob_name)
    failpoints.reached(Point.ROW_EXPIRED)
    return expired, following


def _age_s(services: Services, since: datetime | None) -> float:
    return (services.clock() - since).total_seconds() if since else 0


def _forget(services: Services, job: Job) -> Outcome:
    """The last trace."""
    if not services.history.delete(job):
        raise FencedError(job.blob_name)
    return "histories forgotten", None
