"""Storage's refusals, as the SDK raises them."""

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableTransactionError


def not_found(code: str) -> AzureError:
    """404."""
    return failure(ResourceNotFoundError, code)


def exists(code: str) -> AzureError:
    """409."""
    return failure(ResourceExistsError, code)


def modified(code: str = "ConditionNotMet") -> AzureError:
    """412."""
    return failure(ResourceModifiedError, code)


def refused(code: str) -> AzureError:
    """Any other answer of storage that says no."""
    return failure(HttpResponseError, code)


def failure(kind: type[AzureError], code: str | None = None) -> AzureError:
    """An error of the SDK, with storage's own code where storage has answered."""
    error = kind(code or kind.__name__)
    error.error_code = code  # type: ignore[attr-defined]
    return error


STATUSES = {ResourceExistsError: 409, ResourceModifiedError: 412, ResourceNotFoundError: 404}


def transaction_refused(refusal: HttpResponseError) -> TableTransactionError:
    """The same, as the SDK raises it for a whole transaction."""
    error = TableTransactionError(message=f"0:{refusal.message}")
    error.status_code = STATUSES[type(refusal)]
    error.error_code = refusal.error_code  # type: ignore[attr-defined]
    return error
