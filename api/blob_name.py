"""The upload that a request asks about."""

from errors import InvalidNameError, MissingBlobNameError
from jobs.naming import can_be_stored


def given_name(blob_name: str | None) -> str:
    """The name that was given.

    Raises MissingBlobNameError, and InvalidNameError for a name that no upload can have.
    """
    if not blob_name:
        raise MissingBlobNameError
    if not can_be_stored(blob_name):
        raise InvalidNameError
    return blob_name
