"""What is wrong with a request, and with whoever sends it."""

from errors import PermanentError


class UnauthorizedError(PermanentError):
    """Give a valid API key in X-API-Key, or as a bearer token."""

    code = "UNAUTHORIZED"
    http_status = 401


class ForbiddenScopeError(PermanentError):
    """This key is not meant for that."""

    code = "FORBIDDEN_SCOPE"
    http_status = 403


class ForbiddenNetworkError(PermanentError):
    """This key may not be used from this address."""

    code = "FORBIDDEN_NETWORK"
    http_status = 403


class ForbiddenTenantError(PermanentError):
    """This key belongs to a tenant, and that concerns the whole service."""

    code = "FORBIDDEN_TENANT"
    http_status = 403


class UnknownPathError(PermanentError):
    """There is nothing at this address."""

    code = "UNKNOWN_PATH"
    http_status = 404


class WrongMethodError(PermanentError):
    """This address has no such method; the header Allow names those that it has."""

    code = "WRONG_METHOD"
    http_status = 405


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

    def __init__(self, message: str | None = None, retry_after_s: int = 10) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


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


class AlreadySettledError(PermanentError):
    """The job has ended already."""

    code = "ALREADY_SETTLED"
    http_status = 409


class NotSettledError(PermanentError):
    """The job has not ended yet; it may be cancelled."""

    code = "NOT_SETTLED"
    http_status = 409


class NotFailedError(PermanentError):
    """Only a job that failed can be tried again."""

    code = "NOT_FAILED"
    http_status = 409


class ExpiredJobError(PermanentError):
    """The job of this blob name ended, and has expired."""

    code = "EXPIRED"
    http_status = 410


class UnknownJobError(PermanentError):
    """There is no job for this blob name."""

    code = "UNKNOWN_JOB"
    http_status = 404


class UnknownKeyError(PermanentError):
    """There is no key of this id."""

    code = "UNKNOWN_KEY"
    http_status = 404


class UnknownTenantError(PermanentError):
    """There is no tenant of this name."""

    code = "UNKNOWN_TENANT"
    http_status = 404


class KeyShownError(PermanentError):
    """This request made a key already, which is shown once; revoke that, and make another."""

    code = "KEY_SHOWN"
    http_status = 409


class NameTakenError(PermanentError):
    """The name is taken."""

    code = "NAME_TAKEN"
    http_status = 409


class TenantInUseError(PermanentError):
    """The tenant has keys or files; revoke and delete those first."""

    code = "TENANT_IN_USE"
    http_status = 409


class BadContinuationError(PermanentError):
    """The continuation is not one that this list gave for these filters."""

    code = "BAD_CONTINUATION"
    http_status = 400
