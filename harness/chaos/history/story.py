"""A history put in order: the versions of uploads, the changes of rows, the lives of results."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from harness.chaos.history.event import Event, History

SETTLED = ("completed", "failed")
EXPIRED = "expired"
FOREVER = float("inf")
# Times in rows are by the clocks of machines; storage tells them whole seconds.
CLOCKS_AGREE_S = 2.0


@dataclass(slots=True)
class Version:
    """One upload of a name."""

    name: str
    etag: str
    sha256: str
    size: int
    put_s: float
    gone_s: float = FOREVER
    gone_by: str = ""  # "client" also when it was overwritten


@dataclass(slots=True)
class Change:
    """Of a row; None stands for no row."""

    at_s: float
    who: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def settles(self) -> bool:
        """Whether an upload got its answer by this change."""
        return is_settled(self.after) and not (
            is_settled(self.before) and of_same_upload(self.before, self.after)
        )


@dataclass(slots=True)
class Result:
    """One version of a stored result."""

    name: str
    etag: str
    sha256: str
    marks: dict[str, str]
    stored_s: float
    stored_by: str
    read_s: list[float] = field(default_factory=list)
    gone_s: float = FOREVER
    gone_by: str = ""
    was_replaced: bool = False


class Story:
    """Everything that invariants look at."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.versions: dict[str, Version] = {}  # by ETag, in the order of their uploads
        self.newest: dict[str, Version] = {}  # by name
        self.changes: list[Change] = []
        self.rows: dict[str, dict[str, Any]] = {}  # what is left in the end, by key
        self.results: dict[str, Result] = {}  # by ETag
        self.made_from: dict[str, str] = {}  # digest of a result: digest of its source
        self.failures: set[tuple[str, str]] = set()  # digest of a source, error code
        self.claimed_by: dict[str, str] = {}  # by attempt id
        self.calm_s = FOREVER
        self.troubles: list[Event] = []
        self._visible: dict[str, Result] = {}
        read = {
            "upload put": self._put,
            "upload deleted": self._upload_deleted,
            "row written": self._row_written,
            "row deleted": self._row_deleted,
            "result stored": self._stored,
            "result read": self._result_read,
            "result deleted": self._result_deleted,
            "compressed": self._compressed,
            "compression failed": self._compression_failed,
            "calm": self._calmed,
            "trouble": self.troubles.append,
        }
        for event in history.events:
            if act := read.get(event.what):
                act(event)

    def changes_by_key(self) -> dict[str, list[Change]]:
        """The life of each row."""
        lives: dict[str, list[Change]] = defaultdict(list)
        for change in self.changes:
            lives[change.key].append(change)
        return lives

    def answers(self) -> list[Change]:
        """Every change that settled an upload."""
        return [change for change in self.changes if change.settles]

    def _put(self, event: Event) -> None:
        known = self.newest.get(event.about)
        if known and known.gone_s == FOREVER:
            known.gone_s, known.gone_by = event.at_s, "client"
        facts = event.facts
        version = Version(event.about, facts["etag"], facts["sha256"], facts["size"], event.at_s)
        self.versions[version.etag] = self.newest[event.about] = version

    def _upload_deleted(self, event: Event) -> None:
        version = self.versions[event.facts["etag"]]
        version.gone_s, version.gone_by = event.at_s, event.who

    def _row_written(self, event: Event) -> None:
        after = event.facts["row"]
        before = self.rows.get(event.about)
        self.changes.append(Change(event.at_s, event.who, event.about, before, after))
        if attempt_id := after.get("attempt_id"):
            self.claimed_by.setdefault(attempt_id, event.who)
        self.rows[event.about] = after

    def _row_deleted(self, event: Event) -> None:
        before = self.rows.pop(event.about)
        self.changes.append(Change(event.at_s, event.who, event.about, before, None))

    def _stored(self, event: Event) -> None:
        facts = event.facts
        if replaced := self._visible.get(event.about):
            replaced.gone_s, replaced.gone_by = event.at_s, event.who
            replaced.was_replaced = True
        result = Result(
            event.about, facts["etag"], facts["sha256"], facts["marks"], event.at_s, event.who
        )
        self.results[result.etag] = self._visible[event.about] = result

    def _result_read(self, event: Event) -> None:
        if result := self.results.get(event.facts["etag"]):
            result.read_s.append(event.at_s)

    def _result_deleted(self, event: Event) -> None:
        result = self._visible.pop(event.about)
        result.gone_s, result.gone_by = event.at_s, event.who

    def _compressed(self, event: Event) -> None:
        self.made_from[event.facts["result"]] = event.facts["source"]

    def _compression_failed(self, event: Event) -> None:
        self.failures.add((event.facts["source"], event.facts["error_code"]))

    def _calmed(self, event: Event) -> None:
        self.calm_s = event.at_s


def is_settled(row: dict[str, Any] | None) -> bool:
    """Whether the row says a result or a reason."""
    return row is not None and row["status"] in SETTLED


def of_same_upload(one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    """Whether both rows are about the same version."""
    return one is not None and other is not None and one["upload_etag"] == other["upload_etag"]
