"""The failures that have a name: a stable code, an HTTP status, a message safe to show.

The docstring of each class is its message, which clients may read.
"""

from typing import ClassVar


class MediaProcessorError(Exception):
    """Something went wrong on our side."""

    code: ClassVar[str] = "INTERNAL"
    http_status: ClassVar[int] = 500
    # Whether the work was more than this machine could do: the next attempt asks for less.
    was_too_much: ClassVar[bool] = False
    # When a client may ask again, where it is worth it.
    retry_after_s: int | None = None

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default_message()
        super().__init__(self.message)

    @classmethod
    def default_message(cls) -> str:
        """What is said where the place that raised it had nothing better to say."""
        return cls.__doc__ or cls.code


class PermanentError(MediaProcessorError):
    """The request cannot be carried out, and trying again cannot help."""


class TransientError(MediaProcessorError):
    """The request cannot be carried out at the moment."""

    http_status = 503


class EmptyFileError(PermanentError):
    """The file is empty."""

    code = "EMPTY_FILE"
    http_status = 400


class UnsupportedMediaError(PermanentError):
    """The file is not a photo or a video of a supported format."""

    code = "UNSUPPORTED"
    http_status = 415


class NoVideoError(PermanentError):
    """The file has no video in it, only sound or other data."""

    code = "NO_VIDEO"
    http_status = 415


class CorruptMediaError(PermanentError):
    """The file is damaged or incomplete and cannot be decoded."""

    code = "CORRUPT"
    http_status = 422


class LimitSizeError(PermanentError):
    """The file is larger than this service accepts."""

    code = "LIMIT_SIZE"
    http_status = 413


class LimitPixelsError(PermanentError):
    """The picture has more pixels than this service accepts."""

    code = "LIMIT_PIXELS"
    http_status = 422


class LimitFramesError(PermanentError):
    """The animation has more frames than this service accepts."""

    code = "LIMIT_FRAMES"
    http_status = 422


class LimitDurationError(PermanentError):
    """The video is longer than this service accepts."""

    code = "LIMIT_DURATION"
    http_status = 422


class InvalidOptionError(PermanentError):
    """An option that was asked for is not known."""

    code = "INVALID_OPTION"
    http_status = 422


class UploadCancelledError(PermanentError):
    """The upload was cancelled before the file came."""

    code = "UPLOAD_CANCELLED"
    http_status = 410


class JobCancelledError(PermanentError):
    """The job was cancelled."""

    code = "CANCELLED"
    http_status = 410


class SourceGoneError(PermanentError):
    """The uploaded file was deleted before it could be processed."""

    code = "SOURCE_GONE"
    http_status = 410


class SourceArchivedError(PermanentError):
    """The upload is in the archive tier, where it cannot be read. Upload it to another one."""

    code = "SOURCE_ARCHIVED"
    http_status = 409


class SourceEncryptedError(PermanentError):
    """The upload is encrypted with a key that only its sender has. Upload it without one."""

    code = "SOURCE_ENCRYPTED"
    http_status = 409


class TimeLimitError(TransientError):  # the encoder used up its time, or made no progress
    """Processing took longer than allowed."""

    code = "TIMEOUT"
    was_too_much = True


class OverdueError(TransientError):  # with the transfers, as an encoder has a limit of its own
    """Processing took longer than allowed."""

    code = "TIMEOUT"


class EncoderKilledError(TransientError):  # by a signal: no memory, a crash, a machine going down
    """The encoder was interrupted."""

    code = "ENCODER_KILLED"
    was_too_much = True


class DiskFullError(TransientError):
    """The machine ran out of disk space."""

    code = "DISK_FULL"


class WorkDirError(TransientError):  # WORK_DIR cannot be written to, or is somebody else's
    """The service has no place to work in; its operator has to mend that."""

    code = "WORK_DIR_UNUSABLE"


class EncodingError(TransientError):
    """The file could not be encoded."""

    code = "ENCODING_FAILED"


class WorkerLostError(TransientError):
    """Processing was interrupted repeatedly."""

    code = "WORKER_LOST"


class WorkerStoppedError(TransientError):
    """The worker was stopped; another one takes over."""

    code = "WORKER_STOPPED"


class StorageUnavailableError(TransientError):
    """The storage account is not available at the moment."""

    code = "STORAGE_UNAVAILABLE"
    retry_after_s = 5


class StorageDeniedError(StorageUnavailableError):
    """The app may not do this in its storage account: a role or a network rule is missing."""

    code = "STORAGE_DENIED"


class BlobLockedError(StorageUnavailableError):
    """A lease, a legal hold or a policy keeps the blob from being changed or deleted."""

    code = "BLOB_LOCKED"


class UnreadableRowError(MediaProcessorError):
    """The record cannot be read: it was edited, or another version wrote it."""

    code = "ROW_UNREADABLE"

    def __init__(self, key: str = "") -> None:
        self.key = key  # of the row
        super().__init__()
