"""When somebody must look at a job again, whatever became of its messages and its workers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from jobs import transitions
from jobs.job import Job, Status

# What is younger is still on its way through the triggers.
TRIGGER_DELAY = timedelta(seconds=45)
# A job may wait long behind others; while messages wait, its own is only taken for lost after this.
# It is one of the times of next_alarm(), or nobody would look before the one that follows.
MESSAGE_LOST_AFTER = 32 * TRIGGER_DELAY


# Cannot begin the key of a job: there, '=' is followed by hexadecimal digits or by another one.
ENDPOINT_MARK = "=>"


class Kind(StrEnum):
    """What the job is doing; alarms of one kind are found apart from the others."""

    WORKING = "working"  # an attempt owns it
    WAITING = "waiting"  # it has no answer yet, and no attempt; or nobody was told of its answer
    ENDED = "ended"  # it has its answer


@dataclass(frozen=True, slots=True)
class Alarm:
    """Look at that job then, or at the deliveries of that endpoint."""

    kind: Kind
    job_key: str  # or a mark and the id of an endpoint
    at: datetime  # UTC

    @property
    def endpoint_id(self) -> str | None:
        """The endpoint, if it is the alarm of one."""
        is_endpoint = self.job_key.startswith(ENDPOINT_MARK)
        return self.job_key.removeprefix(ENDPOINT_MARK) if is_endpoint else None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept where nothing else was asked."""

    result: timedelta  # a result, and the answer that links to it, after completion
    failure: timedelta  # a failed job's upload and its answer
    history: timedelta  # what is known of a job whose result, or failure, is gone


def due_at(job: Job, retention: Retention) -> datetime:
    """From when on there may be something to do about the job."""
    if job.unpublished:
        return job.updated_at + TRIGGER_DELAY
    if job.is_settled:
        return kept_until(job, retention)
    if is_waiting(job):
        return waiting_since(job) + TRIGGER_DELAY
    return _lease_lapses_at(job)


def kept_until(job: Job, retention: Retention) -> datetime:
    """Until when the answer of a settled job is kept, and what belongs to it."""
    if job.status is Status.EXPIRED:
        return job.updated_at + retention.history
    if asked := job.deleted_at or job.keep_until:
        return asked
    if job.status is Status.COMPLETED:
        return (job.completed_at or job.updated_at) + kept_for(job, retention)
    return (job.failed_at or job.updated_at) + retention.failure


def alarm_for(job: Job, retention: Retention) -> Alarm:
    """The alarm that rings when something is due."""
    return Alarm(kind_of(job), job.key, due_at(job, retention))


def alarm_of_endpoint(endpoint_id: str, due: datetime, kind: Kind = Kind.WAITING) -> Alarm:
    """The alarm that rings when something due at an endpoint should long have been sent.

    Those of one second are one. Never at the due time itself: who writes a delivery has set its
    alarm before, and a dispatcher may not clear it in between.
    """
    at = due + TRIGGER_DELAY
    whole = at.replace(microsecond=0) + timedelta(seconds=at.microsecond > 0)
    return Alarm(kind, f"{ENDPOINT_MARK}{endpoint_id}", whole)


def next_alarm(job: Job, now: datetime, retention: Retention) -> Alarm:
    """The first alarm after `now`.

    It follows from the row alone: whoever looks, and however often, the alarms of one job become
    one. A job that waits is looked at after ever longer times: a long queue costs little.
    """
    if not is_waiting(job):
        return alarm_for(job, retention)
    since, delay = waiting_since(job), TRIGGER_DELAY
    while since + delay <= now:
        delay *= 2
    return Alarm(kind_of(job), job.key, since + delay)


def kind_of(job: Job) -> Kind:
    """Which alarms are its own."""
    if job.unpublished:
        return Kind.WAITING
    if job.is_settled:
        return Kind.ENDED
    return Kind.WAITING if is_waiting(job) else Kind.WORKING


def is_waiting(job: Job) -> bool:
    """Whether a message was sent for it that has not led to an attempt; it may be lost, or late."""
    if job.is_settled:
        return False
    return job.lease is None or job.enqueued_at > job.lease.until


def is_message_lost(job: Job, now: datetime) -> bool:
    """Whether the message of a waiting job is taken for lost, though others still wait."""
    return now - waiting_since(job) >= MESSAGE_LOST_AFTER


def missed_from(job: Job, retention: Retention) -> datetime:
    """From when on its alarm should have led to a change of the row; perhaps it has none."""
    return due_at(job, retention) + (MESSAGE_LOST_AFTER if is_waiting(job) else TRIGGER_DELAY)


def is_missed(job: Job, now: datetime, retention: Retention) -> bool:
    """Whether it should be looked at although no alarm rings."""
    return now > missed_from(job, retention)


def public_view(job: Job, now: datetime) -> Job:
    """What pollers are shown: an attempt that vanished wrote nothing, and yet it is over.

    The row itself waits for a claim: where only storage was gone, the attempt may be back before.
    """
    return transitions.without_its_attempt(job) if now >= _lease_lapses_at(job) else job


def waiting_since(job: Job) -> datetime:
    """When its message became visible, or will be."""
    return max(job.enqueued_at, job.next_attempt_at or job.enqueued_at)


def _lease_lapses_at(job: Job) -> datetime:
    return job.lease.lapses_at if job.lease else job.updated_at


def kept_for(job: Job, retention: Retention) -> timedelta:
    """How long the result is kept from the moment on at which everybody could have it."""
    asked = job.order.retention
    return timedelta(minutes=asked) if asked else retention.result
