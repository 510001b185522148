"""Why an event did not arrive, and what is wrong with a request about deliveries."""

from typing import ClassVar

from errors import PermanentError, TransientError


class DeliveryError(TransientError):
    """An event could not be delivered."""

    code = "DELIVERY_FAILED"
    is_final: ClassVar[bool] = False  # whether trying again cannot help
    is_ours: ClassVar[bool] = False  # whether it says nothing of the receiver
    file_has_arrived = False  # whether only the confirmation failed

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
    is_ours = True


class DeliveryObsoleteError(DeliveryError):  # it expired, or a newer upload replaced it
    """The result is not there any more."""

    code = "DELIVERY_OBSOLETE"
    is_final = True
    is_ours = True


class DeliveryInterruptedError(DeliveryError):  # goes on soon, and does not count
    """The transfer was interrupted, as its worker was to end or could not reach storage."""

    code = "DELIVERY_INTERRUPTED"
    is_ours = True


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


class DeliveryHostKeyError(DeliveryError):  # nothing was sent, not even the password
    """The server's host key is not the one that was pinned."""

    code = "DELIVERY_HOST_KEY"


class DeliveryAuthError(DeliveryError):
    """The server did not accept the user name with its password or key."""

    code = "DELIVERY_AUTH"


class DeliveryStoreError(DeliveryError):  # full, not writable, or the file came out incomplete
    """The server did not store the file."""

    code = "DELIVERY_STORE"


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
