"""When somebody must look at a job again, whatever became of its messages and its workers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.job import Job, Status

# After a lease ends, somebody may still be writing its last heartbeat.
LEASE_GRACE = timedelta(seconds=1)
# What is younger is still on its way through the triggers.
PATIENCE = timedelta(seconds=45)
# A job may wait long behind others; while messages wait, its own is only doubted after this. It is
# one of the times of next_look(), or nobody would doubt it before the one that follows.
MESSAGE_DOUBT = 32 * PATIENCE


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things are kept."""

    result: timedelta  # a result, and the answer that links to it, after completion
    failure: timedelta  # a failed job's upload and its answer
    history: timedelta  # what is known of a job whose result, or failure, is gone


def due_at(job: Job, terms: Terms) -> datetime:
    """From when on there may be something to do about the job."""
    if job.status is Status.COMPLETED:
        return (job.completed_at or job.updated_at) + terms.result
    if job.status is Status.FAILED:
        return (job.failed_at or job.updated_at) + terms.failure
    if job.status is Status.EXPIRED:
        return job.updated_at + terms.history
    if is_waiting(job):
        return waits_since(job) + PATIENCE
    return _lease_end(job)


def next_look(job: Job, now: datetime, terms: Terms) -> datetime:
    """The next time after `now` at which to look.

    It follows from the row alone: whoever looks, and however often, the alarms of one job become
    one. A job that waits is looked at after ever longer times: a long queue costs little.
    """
    at = due_at(job, terms)
    if not is_waiting(job):
        return at
    since, patience = waits_since(job), PATIENCE
    while since + patience <= now:
        patience *= 2
    return since + patience


def is_waiting(job: Job) -> bool:
    """Whether a message was sent for it that has not led to an attempt; it may be lost, or late."""
    return job.status is Status.QUEUED or (
        job.status is Status.PROCESSING and job.enqueued_at > (job.lease_until or job.updated_at)
    )


def is_doubtful(job: Job, now: datetime) -> bool:
    """Whether the message of a waiting job is taken for lost, though others still wait."""
    return now - waits_since(job) >= MESSAGE_DOUBT


def overlooked_from(job: Job, terms: Terms) -> datetime:
    """From when on its alarm should have led to a change of the row; perhaps it has none."""
    return due_at(job, terms) + (MESSAGE_DOUBT if is_waiting(job) else PATIENCE)


def is_overlooked(job: Job, now: datetime, terms: Terms) -> bool:
    """Whether it should be looked at although no alarm rings."""
    return now > overlooked_from(job, terms)


def as_told(job: Job, now: datetime) -> Job:
    """What pollers are told: an attempt that vanished wrote nothing, and yet it is over.

    The row itself waits for a claim: where only storage was gone, the attempt may be back before.
    """
    return job.bereft() if now >= _lease_end(job) else job


def waits_since(job: Job) -> datetime:
    """When its message became visible, or will be."""
    return max(job.enqueued_at, job.next_attempt_at or job.enqueued_at)


def _lease_end(job: Job) -> datetime:
    return (job.lease_until or job.updated_at) + LEASE_GRACE
