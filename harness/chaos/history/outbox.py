"""Of a history, what concerns deliveries: their steps and logs, endpoints, and what was sent."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from harness.chaos.history.event import Event
from harness.chaos.history.story import FOREVER, Story, is_settled

TABLE = "outbox"
ENDPOINTS = "endpoints"  # the partition of their list; each other one is that of an endpoint
ACTIVE = ("waiting", "sending")
# The beginnings of keys in the partition of an endpoint.
TRUTH, BREAKER = "x", "d"

Key = tuple[str, str]  # of an endpoint and of an event


class Step(NamedTuple):
    """A row of the outbox as it was written; None when it was deleted."""

    at_s: float
    who: str
    row: dict[str, Any] | None


@dataclass(slots=True)
class Life:
    """One event for one endpoint."""

    key: Key
    steps: list[Step] = field(default_factory=list)  # while it was known
    log: list[dict[str, Any]] = field(default_factory=list)
    forgotten_s: float = FOREVER

    @property
    def first(self) -> dict[str, Any]:
        """As it was stored."""
        return self._row(0)

    @property
    def last(self) -> dict[str, Any]:
        """As it was when nothing more happened."""
        return self._row(-1)

    @property
    def where(self) -> str:
        """For people."""
        return f"{self.first['event']} of {self.first.get('job_key')} to {self.key[0]}"

    def at(self, at_s: float) -> dict[str, Any] | None:
        """As it was at that moment."""
        return next((each.row for each in reversed(self.steps) if each.at_s <= at_s), None)

    def moves(self) -> Iterator[tuple[dict[str, Any], Step]]:
        """Each step but the first, with what was before it."""
        for before, step in zip(self.steps, self.steps[1:], strict=False):
            assert before.row is not None
            yield before.row, step

    def _row(self, number: int) -> dict[str, Any]:
        row = self.steps[number].row
        assert row is not None
        return row


class Outbox:
    """Everything that invariants of deliveries look at."""

    def __init__(self, story: Story) -> None:
        self.lives: dict[Key, Life] = {}
        self.endpoints: dict[str, list[Step]] = defaultdict(list)
        self.breakers: dict[str, list[Step]] = defaultdict(list)
        self.sent: list[Event] = list(story.history.of("event sent"))
        self._ends = story.ends
        self._by_place: dict[Key, Life] = {}  # by the keys of its row
        for event in story.history.events:
            if event.what == f"row of {TABLE} written":
                self._written(event, event.facts["row"])
            elif event.what == f"row of {TABLE} deleted":
                self._deleted(event, event.facts["row"])

    def of_end(self, job_key: str, upload_etag: str) -> list[Life]:
        """The deliveries of the end of a job."""
        wanted = (job_key, upload_etag)
        return [
            life
            for life in self.lives.values()
            if (life.first.get("job_key"), life.first.get("upload_etag")) == wanted
        ]

    def _written(self, event: Event, row: dict[str, Any]) -> None:
        partition, key = row["PartitionKey"], row["RowKey"]
        if row.get("job_key"):
            end = row["job_key"], row["upload_etag"], row.get("happened_at")
            row = row | {"upload_etag": self._ends.get(end, row["upload_etag"])}
        step = Step(event.at_s, event.who, row)
        kind, *rest = key.split("-")
        if partition == ENDPOINTS:
            self.endpoints[key].append(step)
        elif kind == TRUTH and len(rest) == 1:
            life = self.lives.setdefault((partition, row["id"]), Life((partition, row["id"])))
            life.steps.append(step)
            self._by_place[partition, key] = life
        elif kind == TRUTH:
            self._by_place[partition, f"{TRUTH}-{rest[0]}"].log.append(row)
        elif not rest:
            self.breakers[partition].append(step)

    def _deleted(self, event: Event, row: dict[str, Any]) -> None:
        place = row["PartitionKey"], row["RowKey"]
        if row["PartitionKey"] == ENDPOINTS:
            self.endpoints[row["RowKey"]].append(Step(event.at_s, event.who, None))
        elif place in self._by_place:
            self._by_place[place].forgotten_s = event.at_s


@lru_cache(maxsize=1)
def outbox_of(story: Story) -> Outbox:
    """Read once for all invariants."""
    return Outbox(story)


def published_at_s(story: Story, key: str, upload_etag: str) -> float:
    """When a row first said of that end that all are told."""
    for change in story.changes:
        row = change.after
        is_it = change.key == key and row and row["upload_etag"] == upload_etag
        if is_it and is_settled(row) and not (row or {}).get("unpublished"):
            return change.at_s
    return FOREVER


def own_address(row: dict[str, Any]) -> str | None:
    """Where that job's end is told besides."""
    found: str | None = json.loads(row.get("order", "{}")).get("webhook")
    return found


def named_in(row: dict[str, Any]) -> set[Key]:
    """The deliveries by which the end of a job is told, as its row has them."""
    return {(endpoint, name) for endpoint, name in json.loads(row.get("published", "[]"))}
