"""The upload that a request asks about."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Query

from errors import PermanentError
from errors.requests import MissingBlobNameError, UnknownJobError
from jobs.caller import Caller

MOST_NAMES = 50  # in one request
BlobName = Annotated[str | None, Query(description="Name of the blob in uploads.")]


def status_url(blob_name: str) -> str:
    """Where the status of its job is told."""
    return f"/api/status?blob_name={quote(blob_name, safe='')}"


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
