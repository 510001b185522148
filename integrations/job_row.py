"""How a job stands in a table: the columns that are a contract, in both directions."""

import json
from dataclasses import fields
from typing import Any, get_type_hints

from azure.data.tables import TableEntity

from errors import InvalidOptionError, UnreadableRowError
from integrations.columns import plain, stored
from jobs.contract import Contract
from jobs.delivery import DeliveryKey
from jobs.job import Job, Status
from jobs.lease import Lease
from jobs.result import Result
from jobs.stage import Stage
from jobs.timeline import decode, encode
from media_facts import MediaFacts
from notes import decode_notes, encode_notes
from order import Order

PARTITION = "jobs"
# Fields that are no columns of their own: each is spread over several, or is none.
SPREAD = frozenset(
    (
        *("lease", "result", "result_name", "upload_kept", "upload_unwanted", "unpublished"),
        *("published", "row_etag"),
    )
)
PLAIN = tuple(field.name for field in fields(Job) if field.name not in SPREAD)
COUNTS = frozenset(f.name for f in fields(Job) if f.default == 0 and f.name in PLAIN)
KINDS: dict[str, Any] = {
    name: kind for name, kind in get_type_hints(Job).items() if name in PLAIN and name != "timeline"
} | {"progress": float | int | None}
# The name of each column of a result, by its field.
RESULT_COLUMNS = {
    "url": "output_url",
    "etag": "output_etag",
    "original_size": "original_size",
    "compressed_size": "compressed_size",
    "compression_ratio": "compression_ratio",
    "processing_time": "processing_time",
    "format": "format",
    "passthrough": "passthrough",
    "notes": "notes",
    "before": "media_before",
    "after": "media_after",
}
FACTS = ("before", "after")  # values of their own, encoded in one column each


def entity_of(job: Job) -> dict[str, Any]:
    """The row of a job; what is None has no column."""
    columns: dict[str, Any] = {name: getattr(job, name) for name in PLAIN} | {
        "timeline": encode(job.timeline),
        "order": job.order.encode(),
        "contract": job.contract.value or None,
        "upload_kept": job.upload_kept or None,
        "upload_unwanted": job.upload_unwanted or None,
        "unpublished": job.unpublished or None,
        "published": json.dumps(job.published) if job.published else None,
        "attempt_id": job.lease.attempt_id if job.lease else None,
        "lease_until": job.lease.until if job.lease else None,
        "processed_blob_name": job.result_name,
    }
    if job.result:
        columns |= {name: getattr(job.result, field) for field, name in RESULT_COLUMNS.items()}
        facts = {RESULT_COLUMNS[field]: getattr(job.result, field) for field in FACTS}
        columns |= {name: each.encode() for name, each in facts.items() if each}
        columns["notes"] = encode_notes(job.result.notes) or None
    present = {name: stored(value) for name, value in columns.items() if value is not None}
    return {"PartitionKey": PARTITION, "RowKey": job.key} | present


def job_of(entity: TableEntity) -> Job:
    """Reads what entity_of() wrote; raises UnreadableRowError for anything else."""
    try:
        job = _job_of(entity)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableRowError(entity["RowKey"]) from error
    is_typed = all(isinstance(getattr(job, name), kind) for name, kind in KINDS.items())
    if not is_typed or job.key != entity["RowKey"]:
        raise UnreadableRowError(entity["RowKey"])
    return job


def _job_of(entity: TableEntity) -> Job:
    columns = {name: plain(value) for name, value in entity.items()}
    single: dict[str, Any] = {name: columns.get(name) for name in PLAIN}
    single |= {name: columns.get(name) or 0 for name in COUNTS}
    stage = columns.get("stage")
    return Job(
        **single
        | {
            "status": Status(columns["status"]),
            "contract": Contract(columns.get("contract", "")),
            "stage": Stage(stage) if stage else None,
            "timeline": decode(columns.get("timeline")),
            "order": _order(columns["order"]),
            "upload_kept": columns.get("upload_kept", False),
            "upload_unwanted": columns.get("upload_unwanted", False),
            "unpublished": columns.get("unpublished", False),
            "published": _keys(columns.get("published", "[]")),
        },
        lease=_lease(columns),
        result_name=columns.get("processed_blob_name"),
        result=_result(columns),
        row_etag=entity.metadata["etag"],
    )


def _order(text: str) -> Order:
    """No client is to blame for a row that cannot be read: perhaps a newer version wrote it."""
    try:
        return Order.decode(text)
    except InvalidOptionError as error:
        raise ValueError(error.message) from error


def _keys(text: str) -> tuple[DeliveryKey, ...]:
    return tuple(DeliveryKey(*key) for key in json.loads(text))


def _lease(columns: dict[str, Any]) -> Lease | None:
    if "attempt_id" not in columns:
        return None
    return Lease(columns["attempt_id"], columns["lease_until"])


def _result(columns: dict[str, Any]) -> Result | None:
    if "output_etag" not in columns:
        return None
    found: dict[str, Any] = {field: columns.get(name) for field, name in RESULT_COLUMNS.items()}
    del found["compression_ratio"]  # follows from the others
    found |= {field: MediaFacts.decode(found[field]) for field in FACTS}
    found["notes"] = decode_notes(found["notes"])
    return Result(name=columns["processed_blob_name"], **found)
