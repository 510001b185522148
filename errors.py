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
    retry_after_s: ClassVar[int | None] = None

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


class SourceGoneError(PermanentError):
    """The uploaded file was deleted before it could be processed."""

    code = "SOURCE_GONE"
    http_status = 410


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


class UnauthorizedError(PermanentError):
    """Give a valid API key in X-API-Key, or as a bearer token."""

    code = "UNAUTHORIZED"
    http_status = 401


class ForbiddenError(PermanentError):
    """This key may not do that."""

    code = "FORBIDDEN"
    http_status = 403


class MissingBlobNameError(PermanentError):
    """Say which upload: ?blob_name=<name of the blob in uploads>."""

    code = "MISSING_BLOB_NAME"
    http_status = 400


class InvalidNameError(PermanentError):
    """No upload can have this name: '.' or '..' in its path, or too many letters."""

    code = "INVALID_NAME"
    http_status = 400


class InvalidRequestError(PermanentError):
    """The body of the request is not as described."""

    code = "INVALID_REQUEST"
    http_status = 422


class BadFormError(PermanentError):
    """The body is not a multipart form with one file, as described."""

    code = "BAD_FORM"
    http_status = 400


class RequestTimeoutError(PermanentError):
    """The body of the request came too slowly."""

    code = "REQUEST_TIMEOUT"
    http_status = 408


class TooManyRequestsError(PermanentError):
    """Too many files are being received at the moment; try again soon."""

    code = "TOO_MANY_REQUESTS"
    http_status = 429
    retry_after_s = 10


class InFlightError(PermanentError):
    """A request with this Idempotency-Key is being answered at the moment."""

    code = "IN_FLIGHT"
    http_status = 409
    retry_after_s = 5


class IdempotencyMismatchError(PermanentError):
    """This Idempotency-Key was used for another request."""

    code = "IDEMPOTENCY_MISMATCH"
    http_status = 422


class NotReadyError(PermanentError):
    """The compressed file was not sent yet, so there is nothing to confirm."""

    code = "NOT_READY"
    http_status = 400


class UnknownUploadError(PermanentError):
    """No upload link was made for this blob name, or it was long ago."""

    code = "UNKNOWN_UPLOAD"
    http_status = 404


class UploadIncompleteError(PermanentError):
    """The file is not there yet, or not all of it."""

    code = "UPLOAD_INCOMPLETE"
    http_status = 409


class AlreadyReceivedError(PermanentError):
    """The file was received already: its job has begun."""

    code = "ALREADY_RECEIVED"
    http_status = 409


class ExpiredJobError(PermanentError):
    """The job of this blob name ended, and has expired."""

    code = "EXPIRED"
    http_status = 410


class UnknownJobError(PermanentError):
    """There is no job for this blob name."""

    code = "UNKNOWN_JOB"
    http_status = 404


class DeliveryError(TransientError):
    """An event could not be delivered."""

    code = "DELIVERY_FAILED"
    is_final: ClassVar[bool] = False  # whether trying again cannot help

    def __init__(
        self,
        message: str | None = None,
        *,
        status: int | None = None,
        pause_s: float | None = None,
        answer: str = "",
        address: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status  # HTTP status, where there was an answer
        self.pause_s = pause_s  # how long the receiver asks to be spared
        self.answer = answer  # its beginning
        self.address = address  # the network address that was asked


class DeliveryRefusedError(DeliveryError):  # by us: nothing was sent
    """The address is not one that events may be sent to."""

    code = "DELIVERY_REFUSED"
    is_final = True


class DeliveryUnreachableError(DeliveryError):  # no such name, nobody listens, no valid certificate
    """The receiver could not be reached."""

    code = "DELIVERY_UNREACHABLE"


class DeliveryTimeoutError(DeliveryError):
    """The receiver did not answer in time."""

    code = "DELIVERY_TIMEOUT"


class DeliveryStatusError(DeliveryError):
    """The receiver did not accept the event."""

    code = "DELIVERY_STATUS"


class DeliveryGoneError(DeliveryError):  # HTTP 410
    """The receiver wants no more events."""

    code = "DELIVERY_GONE"
    is_final = True


class InvalidUrlError(PermanentError):
    """This address cannot be used: give a public https address, without user and fragment."""

    code = "INVALID_URL"
    http_status = 422


class TooManyWebhooksError(PermanentError):
    """There are as many webhooks as there may be; delete one."""

    code = "LIMIT_WEBHOOKS"
    http_status = 409


class UnknownWebhookError(PermanentError):
    """There is no such webhook."""

    code = "UNKNOWN_WEBHOOK"
    http_status = 404


class WebhookDisabledError(PermanentError):
    """The webhook is disabled; enable it first."""

    code = "WEBHOOK_DISABLED"
    http_status = 409


class UnknownDeliveryError(PermanentError):
    """There is no such delivery."""

    code = "UNKNOWN_DELIVERY"
    http_status = 404


class DeliveryBusyError(PermanentError):
    """The delivery is being sent at this moment; ask again."""

    code = "DELIVERY_BUSY"
    http_status = 409
