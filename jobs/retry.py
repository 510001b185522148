"""The one retry policy: which failure is tried again, and when."""

from dataclasses import dataclass
from datetime import timedelta

from errors import MediaProcessorError, PermanentError, WorkerLostError

BACKOFF_BASE = timedelta(minutes=1)


class UnexpectedError(MediaProcessorError):
    """Processing failed for an unexpected reason."""

    code = "UNEXPECTED"  # a failure without a name: retried, and shown without its text


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after this long."""

    after: timedelta
    reason: MediaProcessorError


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Settle the job as failed."""

    reason: MediaProcessorError


def verdict(error: Exception, attempt: int, max_retries: int, jitter: float) -> Retry | GiveUp:
    """What becomes of a job whose `attempt` (from 1) ended with `error`.

    Permanent errors are never tried again. Everything else is, `max_retries` times, after
    2**attempt minutes (2, 4, 8, ...) stretched by up to a tenth; `jitter` is in 0..1.
    """
    reason = error if isinstance(error, MediaProcessorError) else UnexpectedError()
    if isinstance(error, PermanentError) or attempt > max_retries:
        return GiveUp(reason)
    return Retry(BACKOFF_BASE * 2**attempt * (1 + jitter / 10), reason)


def is_exhausted(attempts: int, max_retries: int, vanished: int = 0) -> WorkerLostError | None:
    """The reason to give up on a job whose last attempt never came back, or None to go on.

    A file that kills its worker takes others' work along, so it is tried once less than one that
    merely fails: it may make as many attempts vanish as there are retries.
    """
    is_deadly = vanished >= max(1, max_retries)
    return WorkerLostError() if is_deadly or attempts > max_retries else None


def is_last_chance(max_retries: int, vanished: int) -> bool:
    """Whether one more attempt that vanishes ends the job, after others before it."""
    return vanished > 0 and vanished + 1 >= max_retries
