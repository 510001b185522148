"""One line of the log for each verb: a sentence for people, and the same fields for queries."""

import logging
import time
from dataclasses import dataclass
from enum import StrEnum

from errors import MediaProcessorError, PermanentError
from jobs.job import Job
from worker.log import log


class Action(StrEnum):
    """The verbs, as they stand in the field `action`."""

    ACCEPTED = "accepted"  # an upload has a row and, unless born failed, a message
    CLAIMED = "claimed"  # an attempt begins; took: the wait since it was due
    DOWNLOADED = "downloaded"
    COMPRESSED = "compressed"
    STORED = "stored"  # and re-read, and found to be what was sent
    ADOPTED = "adopted"  # an earlier attempt's result is whole, and taken
    COMPLETED = "completed"  # took: the whole attempt
    UPLOAD_DELETED = "upload_deleted"
    UPLOAD_KEPT = "upload_kept"  # of a completed job; the sweep deletes it later
    REQUEUED = "requeued"  # took: the attempt until it failed, as in the next ones
    HANDED_BACK = "handed_back"  # the worker was told to end
    FAILED = "failed"
    CANCELLED = "cancelled"  # a client does not want it any more; took: since it was noticed
    RESTARTED = "restarted"  # a client wants a failed one to be tried again
    FENCED = "fenced"  # another attempt, or another upload's, owns the job
    SUPERSEDED = "superseded"  # the upload was replaced before it was downloaded
    RESCUED = "rescued"  # woken because its message or its attempt was lost
    EXPIRED = "expired"  # result deleted; took: since the job's end, as in the next
    FORGOTTEN = "forgotten"  # a failed job's upload deleted


LEVELS = {
    Action.UPLOAD_KEPT: logging.WARNING,
    Action.REQUEUED: logging.WARNING,
    Action.HANDED_BACK: logging.WARNING,
    Action.FENCED: logging.WARNING,
    Action.RESCUED: logging.WARNING,
}


@dataclass(frozen=True, slots=True)
class Line:
    """What every line says besides its sentence."""

    action: Action
    job: Job
    stage: str  # of the attempt, as in the row; outside of one: intake, queue, sweep
    took_s: float
    error: Exception | None = None  # why, when it went wrong

    @property
    def level(self) -> int:
        """A file that is refused is no fault of ours, and what will be tried again is no error."""
        if self.error and not isinstance(self.error, MediaProcessorError):
            return logging.ERROR
        if self.action is Action.FAILED:
            return logging.WARNING if isinstance(self.error, PermanentError) else logging.ERROR
        return LEVELS.get(self.action, logging.INFO)

    @property
    def fields(self) -> dict[str, str | int]:
        """The same names in every line; `code` is empty where nothing went wrong."""
        return {
            "action": self.action.value,
            "job": self.job.key,
            "attempt": self.job.attempts,
            "stage": self.stage,
            "duration_ms": max(0, round(1000 * self.took_s)),
            "code": getattr(self.error, "code", "UNEXPECTED") if self.error else "",
        }


def log_action(line: Line, sentence: str, *parts: object, **details: str | float) -> None:
    """Logs the line as `job of NAME: sentence [fields]`; `details` are fields of this verb alone.

    The fields stand in the text as well as in `extra`: the Functions host passes on only the text.
    They come last, where a blob's name cannot imitate them. What nobody foresaw comes with its
    traceback.
    """
    fields = {**line.fields, **details}
    is_known = line.error is None or isinstance(line.error, MediaProcessorError)
    shown = " ".join(f"{name}={value}" for name, value in fields.items())
    text = f"job of %s: {sentence} [%s]"
    log.log(
        line.level,
        text,
        line.job.blob_name,
        *parts,
        shown,
        exc_info=None if is_known else line.error,
        extra=fields,
    )


def since(started_s: float) -> float:
    """Seconds since a reading of time.monotonic()."""
    return time.monotonic() - started_s
