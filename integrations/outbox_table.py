"""The outbox: deliveries and their logs; each step of a delivery is one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import (
    TableClient,
    TableEntity,
    TableErrorCode,
    TableTransactionError,
    UpdateMode,
)

from errors import StorageUnavailableError
from integrations import outbox_row as rows
from integrations.readable_rows import read, readable
from integrations.storage import INSERT_TOO, create, storage_errors, with_creation
from jobs.breaker import CLOSED, Breaker
from jobs.delivery import AttemptRecord, Delivery, DeliveryKey, DeliveryState, LoggedDelivery
from jobs.job import FencedError

OUTBOX_TABLE = "outbox"
# Of one transaction, which takes a hundred steps and 4 MiB: three steps for each delivery at most.
MOST_AT_ONCE = 33
PAGE = 1000
REFUSALS = frozenset({404, 409, 412})

Operation = tuple[str, dict[str, Any]] | tuple[str, dict[str, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What there is to do at an endpoint, the most urgent first."""

    breaker: Breaker
    deliveries: tuple[Delivery, ...]  # also those that are not due yet
    is_all: bool  # whether there are no more


class OutboxTable:
    """Creates, moves and finds deliveries; the table is created on first use."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def create(self) -> None:
        """Creates the table; harmless when it is there."""
        create(self._table.create_table)

    def add(self, delivery: Delivery) -> bool:
        """Stores a new delivery; False when the event was stored for that endpoint before."""
        try:
            self._submit([("create", rows.truth_of(delivery)), ("create", rows.due_of(delivery))])
        except FencedError:
            return False
        return True

    def move(
        self,
        before: Delivery,
        after: Delivery,
        record: AttemptRecord | None = None,
        breaker: Breaker | None = None,
    ) -> Delivery:
        """One step of a delivery, with what its attempt found and what that says of the endpoint.

        Raises FencedError, and changes nothing, when the delivery is not where `before` has it.
        """
        steps = _steps(before, after)
        if record:
            steps.append(("create", rows.record_of(after, record)))
        if breaker:
            steps.append(_upsert(rows.breaker_of(after.endpoint_id, breaker)))
        try:
            self._submit(steps)
        except (FencedError, StorageUnavailableError) as failure:
            # Done all the same, when only the answer was lost and the SDK asked again.
            stored = self.get(after.key)
            if stored is None or stored.in_version(None) != after.in_version(None):
                raise failure from None
        return after

    def move_all(self, moves: Iterable[tuple[Delivery, Delivery]]) -> int:
        """Steps of many deliveries of one endpoint, 33 at a time; returns how many were made.

        Those among which one is not where it was stay as they are.
        """
        done, moves = 0, iter(moves)
        while group := list(islice(moves, MOST_AT_ONCE)):
            try:
                self._submit([step for move in group for step in _steps(*move)])
            except FencedError:
                continue
            done += len(group)
        return done

    def get(self, key: DeliveryKey) -> Delivery | None:
        """The delivery, or None."""
        try:
            row_key = rows.truth_key(key.delivery_id)
            with storage_errors():
                row = self._table.get_entity(key.endpoint_id, row_key)
        except (ResourceNotFoundError, ValueError):
            return None
        return read(row, rows.delivery_in)

    def logged(self, key: DeliveryKey) -> LoggedDelivery | None:
        """The delivery with what its attempts found, or None; one call."""
        try:
            begin = rows.truth_key(key.delivery_id)
        except ValueError:
            return None
        groups = _grouped(self._between(key.endpoint_id, begin, f"{begin}-~"))
        return groups[0] if groups else None

    def waiting(self, endpoint_id: str, most: int) -> Waiting:
        """What an endpoint's deliveries wait for, the most urgent first; one call."""
        found = list(
            islice(self._between(endpoint_id, rows.BREAKER, rows.AFTER_DUE, most + 2), most + 2)
        )
        breaker = CLOSED
        if found and found[0]["RowKey"] == rows.BREAKER:
            breaker = next(readable([found.pop(0)], rows.breaker_in), CLOSED)
        deliveries = tuple(readable(found[:most], rows.delivery_in))
        return Waiting(breaker, deliveries, len(found) <= most)

    def set_breaker(self, endpoint_id: str, breaker: Breaker) -> None:
        """Says what is known of an endpoint, whatever was known before."""
        row = rows.breaker_of(endpoint_id, breaker)
        with_creation(partial(self._upsert, row), self.create)

    def page(
        self, endpoint_id: str, after: DeliveryKey | None = None
    ) -> tuple[list[LoggedDelivery], str | None]:
        """The newest deliveries of an endpoint, and where the next page begins, if there is one.

        `after` is a delivery of an earlier page. Raises ValueError for what is no id of ours.
        """
        begin = f"{rows.truth_key(after.delivery_id)}-~" if after else rows.TRUTH
        found = list(islice(self._between(endpoint_id, begin, rows.AFTER_TRUTH), PAGE))
        groups = _grouped(found)
        if len(found) < PAGE:
            return groups, None
        if len(groups) > 1:
            groups.pop()  # its log may go on
        return groups, groups[-1].delivery.id

    def with_state(
        self, endpoint_id: str, state: DeliveryState, since: datetime
    ) -> Iterator[Delivery]:
        """Deliveries of an endpoint that came to that state since then; reads all of its rows."""
        limits = rows.TRUTH, rows.AFTER_TRUTH
        found = self._between(endpoint_id, *limits, state=state.value, since=since)
        yield from readable(found, rows.delivery_in)

    def forget(self, endpoint_id: str, before: datetime) -> tuple[int, bool]:
        """Removes what ended of the events before then, with their logs.

        Returns how many deliveries, and whether others are still waiting.
        """
        begin = rows.truth_key_from(before)
        gone, is_waiting, old = 0, False, []
        for each in _grouped(self._between(endpoint_id, begin, rows.AFTER_TRUTH)):
            if each.delivery.is_active:
                is_waiting = True
                continue
            gone += 1
            old.append(rows.truth_of(each.delivery))
            old += [rows.record_of(each.delivery, record) for record in each.attempts]
        for begin_at in range(0, len(old), 2 * MOST_AT_ONCE):
            self._submit([("delete", row) for row in old[begin_at : begin_at + 2 * MOST_AT_ONCE]])
        return gone, is_waiting

    def _between(
        self, endpoint_id: str, begin: str, end: str, page: int = PAGE, **wanted: Any
    ) -> Iterator[TableEntity]:
        """Rows of one partition in the order of their keys, page by page."""
        query = "PartitionKey eq @endpoint and RowKey ge @begin and RowKey lt @end"
        if wanted:
            query += " and state eq @state and ended_at ge @since"
        given = {"endpoint": endpoint_id, "begin": begin, "end": end} | wanted
        try:
            with storage_errors():
                yield from self._table.query_entities(
                    query, parameters=given, results_per_page=min(page, PAGE)
                )
        except ResourceNotFoundError:
            self.create()

    def _upsert(self, row: dict[str, Any]) -> None:
        with storage_errors():
            self._table.upsert_entity(row, mode=UpdateMode.REPLACE)

    def _submit(self, steps: Sequence[Operation]) -> None:
        """All or nothing; raises FencedError when a row is not as one of the steps expects it."""
        with_creation(partial(self._submit_once, steps), self.create)

    def _submit_once(self, steps: Sequence[Operation]) -> None:
        try:
            with storage_errors():
                self._table.submit_transaction(steps, **INSERT_TOO)
        except StorageUnavailableError as error:
            refusal = error.__cause__
            if not isinstance(refusal, TableTransactionError):
                raise
            code = getattr(refusal, "error_code", None)
            if code == TableErrorCode.TABLE_NOT_FOUND:
                raise ResourceNotFoundError from error
            if refusal.status_code not in REFUSALS:
                raise
            raise FencedError(str(code)) from None


def _steps(before: Delivery, after: Delivery) -> list[Operation]:
    """From one place to the other: the entry among what is due is the fence.

    A delivery that has ended has none; there its row is the fence.
    """
    truth = rows.truth_of(after)
    if before.is_active:
        steps: list[Operation] = [("delete", rows.due_of(before)), _upsert(truth)]
    else:
        condition = {"etag": before.row_etag, "match_condition": MatchConditions.IfNotModified}
        steps = [("update", truth, {"mode": UpdateMode.REPLACE} | condition)]
    if after.is_active:
        steps.append(("create", rows.due_of(after)))
    return steps


def _upsert(row: dict[str, Any]) -> Operation:
    return "upsert", row, {"mode": UpdateMode.REPLACE}


def _grouped(entities: Iterable[TableEntity]) -> list[LoggedDelivery]:
    """Deliveries and the lines of their logs, as their keys follow each other."""
    groups: list[tuple[Delivery, list[AttemptRecord]]] = []
    for each in readable(entities, rows.delivery_or_record_in):
        if isinstance(each, Delivery):
            groups.append((each, []))
        elif groups:
            groups[-1][1].append(each)
    return [LoggedDelivery(delivery, tuple(attempts)) for delivery, attempts in groups]
