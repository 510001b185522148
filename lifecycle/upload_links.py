"""Links by which files go to storage directly; what each became, and the end of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from errors import (
    EmptyFileError,
    LimitSizeError,
    PermanentError,
    UnsupportedMediaError,
    UploadCancelledError,
)
from errors.requests import (
    AlreadyReceivedError,
    ExpiredJobError,
    InvalidRequestError,
    UnknownUploadError,
    UploadIncompleteError,
)
from jobs.caller import Caller
from jobs.door import linked_name
from jobs.job import Job
from jobs.upload_link import (
    LARGEST_SINGLE_BYTES,
    Block,
    LinkState,
    Mode,
    UploadLink,
    may_be_media,
    mode_for,
)
from lifecycle.at_once import accept_and_begin
from lifecycle.intake import latest_job
from lifecycle.services import Services
from order import Order


@dataclass(frozen=True, slots=True)
class WantedUpload:
    """One file that somebody wants to upload."""

    name: str  # what it is called there
    size_bytes: int
    content_type: str  # as a browser guesses it; "": unknown
    mode: Mode | None  # None: as fits the size
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UploadAddress:
    """Where to upload the file of a link, and until when."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """How far an upload is."""

    link: UploadLink
    state: LinkState
    blocks: Sequence[Block] = ()


def make_links(
    services: Services, caller: Caller, folder: str, wanted: Sequence[WantedUpload]
) -> list[UploadLink]:
    """A link for each file, in this folder; none of them where one is refused.

    Raises what the first bad one is refused for; the message says which it is.
    """
    links = []
    for index, each in enumerate(wanted):
        try:
            links.append(_new_link(services, caller, folder, each))
        except PermanentError as error:
            raise type(error)(f"files[{index}]: {error.message}") from error
    services.upload_links.add(links)
    return links


def address_of(services: Services, link: UploadLink) -> UploadAddress:
    """A fresh address for the one file that the link is for."""
    now = services.clock()
    ends = (now + timedelta(minutes=services.settings.upload_link_minutes)).replace(microsecond=0)
    client = services.staged.client(link.blob_name)
    sign = services.links.create_link if link.mode is Mode.SINGLE else services.links.write_link
    return UploadAddress(sign(client, ends, now), ends)


def upload_progress(services: Services, blob_name: str) -> UploadProgress:
    """How far the upload of a link is.

    Raises UnknownUploadError when no link was made for the name, UploadCancelledError when it was
    cancelled, and ExpiredJobError when it was never used and is too old to be renewed.
    """
    link = _found(services, blob_name)
    if latest_job(services, blob_name) or services.uploads.get(blob_name):
        return UploadProgress(link, LinkState.RECEIVED)
    if link.is_cancelled:
        raise UploadCancelledError
    if not link.is_renewable(services.clock()):
        raise ExpiredJobError("The link was not used in time.")
    blocks = services.staged.staged(blob_name)
    return UploadProgress(link, LinkState.UPLOADING if blocks else LinkState.WAITING, blocks)


def complete_upload(
    services: Services, blob_name: str, block_ids: Sequence[str] | None = None
) -> Job:
    """The job of the file that was uploaded, which begins now; repeating it changes nothing.

    Blocks are put together first: those that are named, else all of them in the order of their ids.
    Raises UploadIncompleteError when nothing came, or other than the bytes that were announced.
    """
    link = _found(services, blob_name)
    if job := accept_and_begin(services, blob_name) or latest_job(services, blob_name):
        return job
    if link.is_cancelled:
        raise UploadCancelledError
    ids = _ids_of_all(link, services.staged.staged(blob_name), block_ids)
    services.staged.commit(blob_name, ids, {})
    job = accept_and_begin(services, blob_name) or latest_job(services, blob_name)
    if job is None:
        raise UploadIncompleteError
    return job


def cancel_upload(services: Services, blob_name: str) -> None:
    """Whatever comes by the link from now on is refused; raises AlreadyReceivedError after it."""
    progress = upload_progress(services, blob_name)
    if progress.state is LinkState.RECEIVED:
        raise AlreadyReceivedError
    services.upload_links.add([replace(progress.link, is_cancelled=True)])


def _new_link(services: Services, caller: Caller, folder: str, wanted: WantedUpload) -> UploadLink:
    limit_bytes = services.settings.max_upload_bytes
    if wanted.size_bytes == 0:
        raise EmptyFileError
    if wanted.size_bytes > limit_bytes:
        raise LimitSizeError(f"At most {limit_bytes} bytes are accepted.")
    if not may_be_media(wanted.content_type):
        raise UnsupportedMediaError
    mode = wanted.mode or mode_for(wanted.size_bytes)
    if mode is Mode.SINGLE and wanted.size_bytes > LARGEST_SINGLE_BYTES:
        raise InvalidRequestError(
            f"At most {LARGEST_SINGLE_BYTES} bytes go in one request; use the mode blocks."
        )
    return UploadLink(
        blob_name=caller.new_blob_name(linked_name(folder, uuid4(), wanted.name)),
        mode=mode,
        size_bytes=wanted.size_bytes,
        order=Order.from_json(dict(wanted.options), services.settings.default_order),
        created_at=services.clock(),
    )


def _found(services: Services, blob_name: str) -> UploadLink:
    link = services.upload_links.get(blob_name, services.clock())
    if link is None:
        raise UnknownUploadError
    return link


def _ids_of_all(
    link: UploadLink, staged: Sequence[Block], wanted: Sequence[str] | None
) -> Sequence[str]:
    """The ids of the blocks that make the file; a file with a gap in it is none."""
    sizes = {block.id: block.size_bytes for block in staged}
    ids = list(sizes) if wanted is None else wanted
    there = sum(sizes.get(each, 0) for each in ids)
    is_each_there_once = len(set(ids) & sizes.keys()) == len(ids) > 0
    if not is_each_there_once or there != link.size_bytes:
        raise UploadIncompleteError(f"{there} of {link.size_bytes} bytes are there.")
    return ids
