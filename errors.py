"""The failures that have a name: a stable code, an HTTP status, a message safe to show."""

from typing import ClassVar


class MediaProcessorError(Exception):
    """A failure we foresaw; `message` may be shown to a client, details belong in the log."""

    code: ClassVar[str] = "INTERNAL"
    http_status: ClassVar[int] = 500
    # Whether the work was more than this machine could do: the next attempt asks for less.
    was_too_much: ClassVar[bool] = False
    default_message: ClassVar[str] = "Something went wrong on our side."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default_message
        super().__init__(self.message)


class PermanentError(MediaProcessorError):
    """Trying again cannot help; the reason reaches the client."""


class TransientError(MediaProcessorError):
    """Trying again may help; the job goes back to the queue quietly."""

    http_status = 503


class EmptyFileError(PermanentError):
    """The upload has no bytes."""

    code = "EMPTY_FILE"
    http_status = 400
    default_message = "The file is empty."


class UnsupportedMediaError(PermanentError):
    """The content is not a photo or a video that we accept, whatever its name says."""

    code = "UNSUPPORTED"
    http_status = 415
    default_message = "The file is not a photo or a video of a supported format."


class NoVideoError(PermanentError):
    """A container of a supported format without a moving picture in it: sound, or a cover, only."""

    code = "NO_VIDEO"
    http_status = 415
    default_message = "The file has no video in it, only sound or other data."


class CorruptMediaError(PermanentError):
    """The content claims a supported format but cannot be decoded."""

    code = "CORRUPT"
    http_status = 422
    default_message = "The file is damaged or incomplete and cannot be decoded."


class LimitSizeError(PermanentError):
    """More bytes than this deployment accepts."""

    code = "LIMIT_SIZE"
    http_status = 413
    default_message = "The file is larger than this service accepts."


class LimitPixelsError(PermanentError):
    """More pixels in one picture or frame than this deployment accepts."""

    code = "LIMIT_PIXELS"
    http_status = 422
    default_message = "The picture has more pixels than this service accepts."


class LimitFramesError(PermanentError):
    """More animation frames than this deployment accepts."""

    code = "LIMIT_FRAMES"
    http_status = 422
    default_message = "The animation has more frames than this service accepts."


class LimitDurationError(PermanentError):
    """A longer video than this deployment accepts."""

    code = "LIMIT_DURATION"
    http_status = 422
    default_message = "The video is longer than this service accepts."


class InvalidOptionError(PermanentError):
    """Something is asked of the job that does not exist, or is out of its range."""

    code = "INVALID_OPTION"
    http_status = 422
    default_message = "An option that was asked for is not known."


class SourceGoneError(PermanentError):
    """The upload was deleted before it could be processed."""

    code = "SOURCE_GONE"
    http_status = 410
    default_message = "The uploaded file was deleted before it could be processed."


class TimeLimitError(TransientError):
    """The encoder used up its time or stopped making progress."""

    code = "TIMEOUT"
    was_too_much = True
    default_message = "Processing took longer than allowed."


class OverdueError(TransientError):
    """The attempt as a whole took too long: the transfers, as an encoder has its own limit."""

    code = "TIMEOUT"
    default_message = "Processing took longer than allowed."


class EncoderKilledError(TransientError):
    """The encoder died by a signal: out of memory, a crash, or a machine going down."""

    code = "ENCODER_KILLED"
    was_too_much = True
    default_message = "The encoder was interrupted."


class DiskFullError(TransientError):
    """No room for the source and the result beside each other."""

    code = "DISK_FULL"
    default_message = "The machine ran out of disk space."


class EncodingError(TransientError):
    """The encoder failed, or its result did not pass verification, for no reason we can name."""

    code = "ENCODING_FAILED"
    default_message = "The file could not be encoded."


class WorkerLostError(TransientError):
    """An attempt ended without a word: its process was killed or its machine vanished."""

    code = "WORKER_LOST"
    default_message = "Processing was interrupted repeatedly."


class WorkerStoppedError(TransientError):
    """The worker was told to end, and handed the job back."""

    code = "WORKER_STOPPED"
    default_message = "The worker was stopped; another one takes over."


class StorageUnavailableError(TransientError):
    """The storage account did not answer, or refused for the moment."""

    code = "STORAGE_UNAVAILABLE"
    default_message = "The storage account is not available at the moment."


class UnauthorizedError(PermanentError):
    """No valid API key came with the request."""

    code = "UNAUTHORIZED"
    http_status = 401
    default_message = "Give a valid API key in X-API-Key, or as a bearer token."


class MissingBlobNameError(PermanentError):
    """The request does not say which upload it is about."""

    code = "MISSING_BLOB_NAME"
    http_status = 400
    default_message = "Say which upload: ?blob_name=<name of the blob in uploads>."


class InvalidNameError(PermanentError):
    """No upload can have the name that the request asks about, so there will never be a job."""

    code = "INVALID_NAME"
    http_status = 400
    default_message = "No upload can have this name: '.' or '..' in its path, or too many letters."


class InvalidRequestError(PermanentError):
    """The body of the request is not what the operation takes."""

    code = "INVALID_REQUEST"
    http_status = 422
    default_message = "The body of the request is not as described."


class ExpiredJobError(PermanentError):
    """The job ended, and was kept for as long as promised."""

    code = "EXPIRED"
    http_status = 410
    default_message = "The job of this blob name ended, and has expired."


class UnknownJobError(PermanentError):
    """No job of that name: never uploaded, not noticed yet, or forgotten."""

    code = "UNKNOWN_JOB"
    http_status = 404
    default_message = "There is no job for this blob name."
