"""A file that comes in a form: what its first bytes tell, how it is stored, and found again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final
from uuid import uuid4

from errors import StorageUnavailableError, UnsupportedMediaError
from errors.requests import BadFormError
from integrations.staged_uploads import block_id
from jobs.caller import Caller
from jobs.contract import Contract, IngestRecord, Terms
from jobs.door import sent_name
from jobs.job import Job
from jobs.tenant import NOBODY
from lifecycle import failpoints
from lifecycle.at_once import accept_and_begin
from lifecycle.failpoints import Point
from lifecycle.intake import current_job
from lifecycle.services import Services
from order import OPTIONS, Order
from processing import formats

HEAD_BYTES: Final = formats.HEAD_BYTES  # enough to recognize a file
LONGEST_ID = 255
ORGANIZATION_FIELD = "organization_id"
# Of files that were sent under one id: a death between record and upload leaves one without.
MOST_LOOKED_AT = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that is being received: it has a name, and no byte of it can be seen yet."""

    blob_name: str
    limit_bytes: int
    tenant: str = NOBODY


@dataclass(frozen=True, slots=True)
class SentForm:
    """What stands in a form beside its file."""

    external_id: str
    organization_id: str | None
    order: Order


def recognize(services: Services, caller: Caller, terms: Terms, head: bytes) -> Arrival:
    """Gives a file its name, and the limit of its kind, by its first HEAD_BYTES.

    Raises UnsupportedMediaError when the contract does not take what it is.
    """
    found, settings = formats.sniff(head), services.settings
    if found is None or found.kind not in terms.kinds:
        raise UnsupportedMediaError
    extension = "jpg" if found.name == "jpeg" else found.name
    is_image = found.kind == "image"
    return Arrival(
        blob_name=caller.new_blob_name(sent_name(terms.folder, uuid4(), extension)),
        limit_bytes=settings.ingest_max_image_bytes
        if is_image
        else settings.ingest_max_video_bytes,
        tenant=caller.tenant,
    )


def largest_bytes(services: Services, terms: Terms) -> int:
    """The largest file that the contract takes, whatever it is."""
    settings = services.settings
    limits = {"image": settings.ingest_max_image_bytes, "video": settings.ingest_max_video_bytes}
    return max(limits[kind] for kind in terms.kinds)


def read_fields(services: Services, terms: Terms, fields: Mapping[str, str]) -> SentForm:
    """What stands in the form beside the file.

    Raises BadFormError when the id is missing or unusable, and InvalidOptionError for an option
    that is not known, which any other field is taken for.
    """
    options = dict(fields)
    external_id = options.pop(terms.id_field, "").strip()
    organization_id = None
    if terms.contract is Contract.VIDEO:
        organization_id = options.pop(ORGANIZATION_FIELD, "").strip() or None
    for name, text in ((terms.id_field, external_id), (ORGANIZATION_FIELD, organization_id or "")):
        if len(text) > LONGEST_ID or not text.isprintable() or "/" in text:
            raise BadFormError(
                f"{name} must be a text of at most {LONGEST_ID} visible letters without a slash."
            )
    if not external_id:
        raise BadFormError(f"The field {terms.id_field} is missing.")
    default = replace(services.settings.default_order, profile=terms.profile)
    return SentForm(external_id, organization_id, Order.from_form(options, default))


def stage_block(services: Services, arrival: Arrival, index: int, data: bytes) -> None:
    """Stores a part of the file; nobody sees it before all is committed."""
    services.staged.stage(arrival.blob_name, index, data)


def store_upload(
    services: Services, arrival: Arrival, terms: Terms, form: SentForm, blocks: int
) -> Job:
    """Record, upload, job, in this order: the row exists when the client has its answer.

    A death after the record leaves nothing that is looked at; after the upload, the trigger makes
    the job, and finds the record.
    """
    record = IngestRecord(
        contract=terms.contract,
        external_id=form.external_id,
        organization_id=form.organization_id,
        blob_name=arrival.blob_name,
        received_at=services.clock(),
        tenant=arrival.tenant,
    )
    services.ingests.add(record)
    failpoints.reached(Point.FORM_RECORDED)
    ids = [block_id(index) for index in range(blocks)]
    services.staged.commit(arrival.blob_name, ids, form.order.to_metadata())
    failpoints.reached(Point.FORM_STORED)
    job = accept_and_begin(services, arrival.blob_name)
    if job is None:
        raise StorageUnavailableError("The file was stored, and is gone.")
    return job


def job_sent_as(
    services: Services, contract: Contract, external_id: str, tenant: str = NOBODY
) -> Job | None:
    """The job of the newest file that a tenant sent under this id, or None."""
    records = islice(services.ingests.of_id(contract, external_id, tenant), MOST_LOOKED_AT)
    jobs = (current_job(services, record.blob_name) for record in records)
    return next(filter(None, jobs), None)


def form_options() -> dict[str, Any]:
    """The options that a form may have, as JSON Schema."""
    return {
        option.name: option.values.schema() | {"description": option.meaning} for option in OPTIONS
    }
