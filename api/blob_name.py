"""The upload that a request asks about."""

from errors.requests import MissingBlobNameError
from jobs.caller import Caller


def given_name(caller: Caller, blob_name: str | None) -> str:
    """The blob that the caller named.

    Raises MissingBlobNameError, and InvalidNameError for a name that no upload can have.
    """
    if not blob_name:
        raise MissingBlobNameError
    return caller.blob_name(blob_name)
