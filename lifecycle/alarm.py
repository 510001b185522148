"""What is done when the alarm of a job rings: what is due, once the next alarm is set."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from errors import BlobLockedError
from jobs.alarm import Alarm, alarm_for, due_at, is_message_lost, is_waiting, next_alarm
from jobs.job import FencedError, Job, Status
from jobs.transitions import expired, held, published, remembered, woken
from lifecycle import failpoints
from lifecycle.awaited import awaited_until
from lifecycle.delivery_alarm import answer_endpoint_alarm
from lifecycle.failpoints import Point
from lifecycle.intake import latest_by_key
from lifecycle.log_line import Action, Line, log_action
from lifecycle.publish import publish
from lifecycle.services import Services
from lifecycle.store import delete_upload_of
from lifecycle.tick import Done

# What was done, if anything; and the alarm that was set for it, None when nothing is left to do.
Answer = tuple[Done | None, Alarm | None]


def answer_alarm(services: Services, alarm: Alarm) -> Done | None:
    """Looks at the alarm's job; the alarm is cleared only when another is set, or none is needed.

    Raises FencedError when the row changed meanwhile: the alarm stays, and rings again.
    """
    if alarm.endpoint_id is not None:
        return answer_endpoint_alarm(services, alarm)
    job = latest_by_key(services, alarm.job_key)
    if alarm.at > services.clock():
        return None  # our clock was ahead until that answer: what the alarm is for is still to come
    done, following = _answer(services, job) if job else (None, None)
    if following != alarm:  # equal when what was due could not be done yet
        services.alarms.clear(alarm)
    return done


def answer_now(services: Services, job: Job) -> Done | None:
    """For a job that was found by chance: it may have no alarm, and gets one that is answered."""
    alarm = alarm_for(job, services.retention)
    services.alarms.set(alarm)
    return answer_alarm(services, alarm)


def _answer(services: Services, job: Job) -> Answer:
    """Does what is due; before a row says so, an alarm is set for what comes then.

    Harmless to repeat, as long as an alarm of the job is left.
    """
    if due_at(job, services.retention) > services.clock():
        return None, _set_next_alarm(services, job)
    if job.unpublished:
        return _publish(services, job)
    if job.status is Status.COMPLETED:
        return _expire(services, job)
    if job.status is Status.FAILED:
        return _forget_failure(services, job)
    if job.status is Status.EXPIRED:
        return _forget(services, job)
    return _wake(services, job)


def _set_next_alarm(services: Services, job: Job) -> Alarm:
    """For what comes next; before a row says so, as with every alarm.

    Another tick may have cleared the one that rang, having found no row then.
    """
    following = next_alarm(job, services.clock(), services.retention)
    services.alarms.set(following)
    failpoints.reached(Point.NEXT_ALARM)
    return following


def _wake(services: Services, job: Job) -> Answer:
    """A job that is queued without a message, or processing without a heartbeat.

    A lapsed lease is proof that an attempt died; a job that waits may only wait behind others.
    """
    now = services.clock()
    if is_waiting(job) and not (services.queue.is_idle(job.priority) or is_message_lost(job, now)):
        return None, _set_next_alarm(services, job)
    awake = woken(job, now)
    following = _set_next_alarm(services, awake)
    awake = services.jobs.replace(awake)
    failpoints.reached(Point.WOKEN_ROW)
    services.send_message(awake)
    failpoints.reached(Point.WOKEN_MESSAGE)
    late_s = (now - due_at(job, services.retention)).total_seconds()
    line = Line(Action.RESCUED, job, "sweep", late_s)
    log_action(line, "had no message; it was woken again")
    return Done.JOB_WOKEN, following


def _publish(services: Services, job: Job) -> Answer:
    """The end of a job that nobody was told of, as somebody died or storage was gone."""
    following = _set_next_alarm(services, published(job, (), services.clock()))
    publish(services, job)
    return Done.JOB_PUBLISHED, following


def _hold(services: Services, job: Job, until: datetime) -> Answer:
    """The result is kept for longer, as a delivery waits for it."""
    kept = held(job, until, services.clock())
    following = _set_next_alarm(services, kept)
    failpoints.reached(Point.HELD)
    services.jobs.replace(kept)
    return Done.RESULT_HELD, following


def _expire(services: Services, job: Job) -> Answer:
    """Blobs first, row last: a crash between them leaves a row that the next tick expires.

    Not while somebody is still to be told of the result.

    The job ends also when somebody keeps one of the two from being deleted; for as long as its
    history is known, the upload is not taken for a new one.
    """
    if until := awaited_until(services, job):
        return _hold(services, job, until)
    if result := job.result:
        _is_kept(services, job, lambda: services.results.delete(result.name, result.etag))
    failpoints.reached(Point.RESULT_EXPIRED)
    upload_kept = _is_kept(services, job, lambda: delete_upload_of(services, job))
    gone, following = _move_to_history(services, job, upload_kept=upload_kept)
    line = Line(Action.EXPIRED, gone, "sweep", _age_s(services, job.completed_at))
    log_action(line, "CLEANUP: %s deleted", job.result_name)
    return Done.RESULT_EXPIRED, following


def _forget_failure(services: Services, job: Job) -> Answer:
    delete = partial(services.uploads.delete, job.blob_name, job.upload_etag)
    upload_kept = _is_kept(services, job, delete)
    gone, following = _move_to_history(services, job, upload_kept=upload_kept)
    line = Line(Action.FORGOTTEN, gone, "sweep", _age_s(services, job.failed_at))
    log_action(line, "CLEANUP: its upload deleted")
    return Done.FAILURE_FORGOTTEN, following


def _is_kept(services: Services, job: Job, delete: Callable[[], object]) -> bool:
    """Whether somebody keeps a blob from being deleted: that is told, and does not hold its job."""
    try:
        delete()
    except BlobLockedError as error:
        line = Line(Action.UPLOAD_KEPT, job, "sweep", _age_s(services, job.updated_at), error)
        log_action(line, "CLEANUP: a file of an ended job could not be deleted (%s)", error)
        return True
    return False


def _move_to_history(services: Services, job: Job, *, upload_kept: bool) -> tuple[Job, Alarm]:
    """Written there before it goes here: at no moment is there nothing to show."""
    gone = expired(job, services.clock(), upload_kept=upload_kept)
    following = _set_next_alarm(services, gone)
    services.history.put(gone)
    failpoints.reached(Point.IN_HISTORY)
    if not services.jobs.delete(job):
        raise FencedError(job.blob_name)
    failpoints.reached(Point.ROW_EXPIRED)
    return gone, following


def _age_s(services: Services, since: datetime | None) -> float:
    return (services.clock() - since).total_seconds() if since else 0


def _forget(services: Services, job: Job) -> Answer:
    """The last trace; of a file that came in a form also what it was to its sender.

    Not while somebody keeps the upload, which would be taken for a new one without it.
    """
    delete = partial(services.uploads.delete, job.blob_name, job.upload_etag)
    if job.upload_kept and _is_kept(services, job, delete):
        kept = remembered(job, services.clock())
        following = _set_next_alarm(services, kept)
        services.history.replace(kept)
        return None, following
    if record := services.ingests.of_upload(job.blob_name) if job.contract else None:
        services.ingests.forget(record)
    if not services.history.delete(job):
        raise FencedError(job.blob_name)
    return Done.HISTORY_FORGOTTEN, None
