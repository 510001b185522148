"""The upload that a request asks about."""

from errors import PermanentError
from errors.requests import MissingBlobNameError, UnknownJobError
from jobs.caller import Caller


def given_name(
    caller: Caller, blob_name: str | None, unknown: type[PermanentError] = UnknownJobError
) -> str:
    """The blob that the caller named.

    Raises MissingBlobNameError, InvalidNameError for a name that no upload can have, and `unknown`
    for a name that lies with somebody else: as for one that never was, and before storage is asked.
    """
    if not blob_name:
        raise MissingBlobNameError
    name = caller.blob_name(blob_name)
    if not caller.owns(name):
        raise unknown
    return name
