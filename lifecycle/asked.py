"""What is asked of a new upload, whichever way it came, and why it is refused, if it is."""

from dataclasses import dataclass

from errors import EmptyFileError, InvalidOptionError, LimitSizeError, PermanentError
from jobs.contract import IngestRecord
from jobs.door import Door, door_of
from jobs.upload import Upload
from jobs.upload_link import UploadLink
from lifecycle.services import Services
from order import Order


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms on which the upload is taken in."""

    order: Order
    refusal: PermanentError | None = None
    record: IngestRecord | None = None  # of an upload that came by a contract


def what_is_asked(services: Services, upload: Upload) -> Asked:
    """By the row of its link, if it came by one: whoever uploads by a link says nothing else.

    Else by the upload's own metadata. Only uploads with names of our making cost a look at a row.
    """
    refusal = _refusal_of_size(services, upload)
    if link := link_of(services, upload):
        return Asked(link.order, refusal or link.refusal_of(upload.size_bytes))
    is_sent = door_of(upload.blob_name) is Door.FORM
    record = services.ingests.of_upload(upload.blob_name) if is_sent else None
    default = services.settings.default_order
    try:
        return Asked(Order.from_metadata(upload.metadata, default), refusal, record)
    except InvalidOptionError as error:
        return Asked(default, refusal or error, record)


def link_of(services: Services, upload: Upload) -> UploadLink | None:
    """The link by which it came, or None; the name alone says nothing, as clients choose theirs."""
    if door_of(upload.blob_name) is not Door.LINK:
        return None
    return services.upload_links.get(upload.blob_name, services.clock())


def _refusal_of_size(services: Services, upload: Upload) -> PermanentError | None:
    limit_bytes = services.settings.max_upload_bytes
    if upload.size_bytes == 0:
        return EmptyFileError()
    if upload.size_bytes > limit_bytes:
        return LimitSizeError(
            f"The file has {upload.size_bytes} bytes; at most {limit_bytes} are accepted."
        )
    return None
