"""Table Storage in memory, behind as much of the SDK's TableClient as the app uses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.data.tables import EntityProperty, TableEntity, UpdateMode

from harness.storage import odata
from harness.storage.answers import exists, modified, not_found, transaction_refused
from harness.storage.way import ENDLESS, Patience, Way
from integrations.alarm_table import ALARMS_TABLE, TIME

JOBS = "processingjobs"
Key = tuple[str, str]


@dataclass(slots=True)
class Tables:
    """All tables of the account; one that is missing here was not created."""

    way: Way
    rows: dict[str, dict[Key, tuple[dict[str, Any], str]]] = field(default_factory=dict)

    def client(self, name: str) -> "TableClient":
        """What table_client() would have made."""
        return TableClient(self, name)

    def jobs(self) -> list[dict[str, Any]]:
        """The rows of all jobs."""
        return [entity for entity, _ in self.rows.get(JOBS, {}).values()]

    def is_empty(self) -> bool:
        """Whether no row is left in any table."""
        return not any(self.rows.values())

    def note(self, table: str, what: str, entity: dict[str, Any]) -> None:
        """Writes down a change of a row."""
        if table == ALARMS_TABLE:
            self._note_alarm("set" if what == "written" else "cleared", entity)
            return
        word = "row" if table == JOBS else f"row of {table}"
        self.way.note(f"{word} {what}", entity["RowKey"], row=plain(entity))

    def _note_alarm(self, what: str, entity: dict[str, Any]) -> None:
        """In the words of those who set it; storage knows the time as the beginning of a key."""
        time, _, job_key = entity["RowKey"].partition("-")
        at = datetime.strptime(time, TIME).replace(tzinfo=UTC)
        self.way.note(f"alarm {what}", job_key, at=at, kind=entity["PartitionKey"])


def _patience(**options: Any) -> Patience:
    """Of the SDK, given its options for one call; without any it has more than a call can take."""
    if not options:
        return ENDLESS
    tries = options["retry_total"] + 1
    return Patience(tries * options["read_timeout"], tries)


class TableClient:
    """One table, as the SDK shows it."""

    def __init__(self, tables: Tables, name: str) -> None:
        self._tables, self._name = tables, name
        self._call = tables.way.call

    def create_table(self, **_: Any) -> None:
        def apply() -> None:
            if self._name in self._tables.rows:
                raise exists("TableAlreadyExists")
            self._tables.rows[self._name] = {}

        self._call("create table", apply)

    def delete_table(self, **_: Any) -> None:
        self._call("delete table", lambda: self._tables.rows.pop(self._name, None))

    def get_entity(self, partition_key: str, row_key: str, **options: Any) -> TableEntity:
        key = (partition_key, row_key)
        return self._call("get row", lambda: self._entity(*self._stored(key)), _patience(**options))

    def create_entity(self, entity: dict[str, Any], **_: Any) -> dict[str, Any]:
        copy, key = dict(entity), _key(entity)

        def apply() -> dict[str, Any]:
            if key in self._rows():
                self._tables.way.note("refused", key[1], why="the row exists")
                raise exists("EntityAlreadyExists")
            return self._put(key, copy)

        return self._call("insert row", apply)

    def update_entity(
        self,
        entity: dict[str, Any],
        mode: UpdateMode = UpdateMode.MERGE,
        *,
        etag: str | None = None,
        match_condition: MatchConditions | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        copy, key = dict(entity), _key(entity)

        def apply() -> dict[str, Any]:
            known, _ = self._stored(key)
            self._check(key, etag, match_condition, "written")
            return self._put(key, copy if mode == UpdateMode.REPLACE else known | copy)

        return self._call("replace row", apply, _patience(**options))

    def upsert_entity(
        self, entity: dict[str, Any], mode: UpdateMode = UpdateMode.MERGE, **_: Any
    ) -> dict[str, Any]:
        copy, key = dict(entity), _key(entity)

        def apply() -> dict[str, Any]:
            known = self._rows().get(key, ({}, ""))[0]
            self._tables.way.note("unguarded", key[1], place=self._name, verb="written")
            return self._put(key, copy if mode == UpdateMode.REPLACE else known | copy)

        return self._call("upsert row", apply)

    def delete_entity(
        self,
        partition_key: str,
        row_key: str,
        *,
        etag: str | None = None,
        match_condition: MatchConditions | None = None,
        **_: Any,
    ) -> None:
        key = (partition_key, row_key)

        def apply() -> None:
            if key not in self._tables.rows.get(self._name, {}):
                return  # the SDK keeps a 404 to itself
            entity, _ = self._stored(key)
            self._check(key, etag, match_condition, "deleted")
            del self._rows()[key]
            self._tables.note(self._name, "deleted", entity)

        self._call("delete row", apply)

    def submit_transaction(
        self, operations: Sequence[tuple[Any, ...]], **_: Any
    ) -> list[dict[str, Any]]:
        """All of them or none, of one partition, each row at most once."""
        steps = [(verb, dict(entity), *rest) for verb, entity, *rest in operations]
        keys = [_key(entity) for _, entity, *_ in steps]
        if len(set(keys)) < len(keys) or len({partition for partition, _ in keys}) != 1:
            raise ValueError(f"storage refuses such a transaction: {keys}")

        def apply() -> list[dict[str, Any]]:
            for step in steps:
                self._check_step(*step)
            if all(verb == "upsert" for verb, *_ in steps):
                self._tables.way.note("unguarded", keys[0][1], place=self._name, verb="written")
            return [self._step(verb, entity) for verb, entity, *_ in steps]

        return self._call("transaction", apply)

    def query_entities(
        self, query_filter: str, *, parameters: dict[str, Any] | None = None, **_: Any
    ) -> Iterator[TableEntity]:
        matches = odata.condition(query_filter)
        after: Key | None = ("", "")
        while after is not None:
            page, after = self._call(
                "query rows", partial(self._page, after, matches, parameters or {})
            )
            yield from page

    def list_entities(self, **_: Any) -> Iterator[TableEntity]:
        return self.query_entities("PartitionKey ge ''")

    def _page(
        self, after: Key, matches: odata.Condition, given: dict[str, Any]
    ) -> tuple[list[TableEntity], Key | None]:
        """Up to page_size matches, and where the next page begins."""
        page: list[TableEntity] = []
        rows = self._rows()
        for key in sorted(rows):
            if key > after and matches(rows[key][0], given):
                page.append(self._entity(*rows[key]))
                if len(page) == self._tables.way.page_size:
                    return page, key
        return page, None

    def _rows(self) -> dict[Key, tuple[dict[str, Any], str]]:
        try:
            return self._tables.rows[self._name]
        except KeyError:
            raise not_found("TableNotFound") from None

    def _stored(self, key: Key) -> tuple[dict[str, Any], str]:
        try:
            return self._rows()[key]
        except KeyError:
            raise not_found("ResourceNotFound") from None

    def _check_step(
        self, verb: str, entity: dict[str, Any], options: dict[str, Any] | None = None
    ) -> None:
        """Raises what a transaction fails with where this step of it is refused."""
        key, given = _key(entity), options or {}
        try:
            if verb == "create" and key in self._rows():
                self._tables.way.note("refused", key[1], why="the row exists")
                raise exists("EntityAlreadyExists")
            if verb in ("delete", "update"):
                if key not in self._rows():
                    self._tables.way.note("refused", key[1], why="the row is gone")
                self._stored(key)
            if verb == "update":
                self._check(key, given.get("etag"), given.get("match_condition"), "written")
            self._rows()
        except HttpResponseError as refusal:
            raise transaction_refused(refusal) from None

    def _step(self, verb: str, entity: dict[str, Any]) -> dict[str, Any]:
        if verb != "delete":  # nobody here merges
            return self._put(_key(entity), entity)
        known, _ = self._rows().pop(_key(entity))
        self._tables.note(self._name, "deleted", known)
        return {}

    def _check(
        self, key: Key, etag: str | None, condition: MatchConditions | None, verb: str
    ) -> None:
        if condition is not MatchConditions.IfNotModified:
            self._tables.way.note("unguarded", key[1], place=self._name, verb=verb)
        elif etag != self._rows()[key][1]:
            self._tables.way.note("refused", key[1], why="the row changed")
            raise modified("UpdateConditionNotSatisfied")

    def _put(self, key: Key, entity: dict[str, Any]) -> dict[str, Any]:
        etag = self._tables.way.new_etag()
        self._rows()[key] = (entity, etag)
        self._tables.note(self._name, "written", entity)
        return {"etag": etag}

    def _entity(self, entity: dict[str, Any], etag: str) -> TableEntity:
        found = TableEntity(entity)
        found._metadata = {"etag": etag, "timestamp": self._tables.way.now}
        return found


def plain(entity: dict[str, Any]) -> dict[str, Any]:
    """Without the SDK's wrappers."""
    return {
        name: value.value if isinstance(value, EntityProperty) else value
        for name, value in entity.items()
    }


def _key(entity: dict[str, Any]) -> Key:
    return entity["PartitionKey"], entity["RowKey"]
