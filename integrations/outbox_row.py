"""How deliveries stand in the outbox: one partition for each endpoint, rows told apart by keys.

`x-...` is a delivery, `x-...-00001` what its first attempt found; both sort by the event's time,
the newest first. `d-TIME-...` is the same delivery once more while something is due, and sorts by
that; `d` is the endpoint's breaker, and so comes with a query for what is due.
"""

from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from azure.data.tables import TableEntity

from integrations.columns import plain, stored
from jobs.breaker import Breaker
from jobs.delivery import AttemptRecord, Delivery, DeliveryState
from jobs.event import newest_first, newest_first_from

BREAKER = "d"
DUE, AFTER_DUE = "d-", "e"
TRUTH, AFTER_TRUTH = "x-", "y"
TIME = "%Y%m%dT%H%M%S.%f"
KEYS = ("PartitionKey", "RowKey")

Row = dict[str, Any]


def truth_key(delivery_id: str) -> str:
    """Of the row that says where a delivery stands; raises ValueError for what is no id of ours."""
    return f"{TRUTH}{newest_first(delivery_id)}"


def truth_key_from(at: datetime) -> str:
    """Where the rows of events of that second begin, and those of earlier ones follow."""
    return f"{TRUTH}{newest_first_from(at)}"


def due_key(delivery: Delivery) -> str:
    """Of its entry among what is due."""
    time = delivery.due.astimezone(UTC).strftime(TIME)
    return f"{DUE}{time}-{newest_first(delivery.id)}"


def truth_of(delivery: Delivery) -> Row:
    """The row that says where it stands."""
    return _row(delivery.endpoint_id, truth_key(delivery.id), delivery)


def due_of(delivery: Delivery) -> Row:
    """Its entry among what is due: all that is needed to send it."""
    return _row(delivery.endpoint_id, due_key(delivery), delivery)


def record_of(delivery: Delivery, record: AttemptRecord) -> Row:
    """A line of its log."""
    key = f"{truth_key(delivery.id)}-{record.number:05}"
    return _row(delivery.endpoint_id, key, record)


def breaker_of(endpoint_id: str, breaker: Breaker) -> Row:
    """The row of a breaker."""
    return _row(endpoint_id, BREAKER, breaker)


def delivery_or_record_in(entity: TableEntity) -> Delivery | AttemptRecord:
    """A delivery, or a line of its log, as the key tells."""
    is_record = str(entity["RowKey"]).count("-") == 2
    return record_in(entity) if is_record else delivery_in(entity)


def delivery_in(entity: TableEntity) -> Delivery:
    """Reads what truth_of() or due_of() wrote."""
    columns = _columns(entity, Delivery)
    return Delivery(
        **columns
        | {
            "state": DeliveryState(columns["state"]),
            "endpoint_id": entity["PartitionKey"],
            "row_etag": entity.metadata["etag"],
        }
    )


def record_in(entity: TableEntity) -> AttemptRecord:
    """Reads what record_of() wrote."""
    return AttemptRecord(**_columns(entity, AttemptRecord))


def breaker_in(entity: TableEntity) -> Breaker:
    """Reads what breaker_of() wrote."""
    return Breaker(**_columns(entity, Breaker))


def _row(partition: str, key: str, value: Any) -> Row:
    columns = {
        name: stored(each)
        for name, each in asdict(value).items()
        if each is not None and name not in ("row_etag", "endpoint_id")
    }
    return columns | dict(zip(KEYS, (partition, key), strict=True))


def _columns(entity: TableEntity, kind: Any) -> dict[str, Any]:
    """Those that a value of this kind has; a row of a later version may have more."""
    return {each.name: plain(entity[each.name]) for each in fields(kind) if each.name in entity}
