"""A history put in order: the versions of uploads, the changes of rows, the lives of results."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from harness.chaos.history.event import Event, History

# Stands in no ETag of storage.
LIFE_MARK = "#"
CANCELLED = "CANCELLED"
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
    life: int = 1  # counts how often its job was tried again from the beginning
    has_another: bool = False  # whether it was tried again after this life


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
    """Everything that invariants look at.

    A job that failed and was tried again is told as that of another version of the same bytes, with
    a mark behind the ETag.
    """

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
        self.asked: set[tuple[str, str]] = set()  # by clients: verb, name of an upload
        self.discarded_s: dict[str, float] = {}  # by ETag: when a row said that all is to go
        # By the key of a row, the ETag in it and the time of its end: the ETag that stands here.
        self.ends: dict[tuple[str, str, Any], str] = {}
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
            "asked": self._asked,
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

    @property
    def numbers(self) -> dict[str, tuple[int, int]]:
        """By ETag: which upload it is, and which life of its job."""
        first = [etag for etag, version in self.versions.items() if version.life == 1]
        order = {etag: number for number, etag in enumerate(first)}
        return {
            etag: (order[etag.partition(LIFE_MARK)[0]], version.life)
            for etag, version in self.versions.items()
        }

    def _put(self, event: Event) -> None:
        known = self.newest.get(event.about)
        if known and known.gone_s == FOREVER:
            self._gone(known.etag, event.at_s, "client")
        facts = event.facts
        version = Version(event.about, facts["etag"], facts["sha256"], facts["size"], event.at_s)
        self.versions[version.etag] = self.newest[event.about] = version

    def _upload_deleted(self, event: Event) -> None:
        self._gone(event.facts["etag"], event.at_s, event.who)

    def _gone(self, etag: str, at_s: float, by: str) -> None:
        base = etag.partition(LIFE_MARK)[0]
        for version in self.versions.values():
            if version.etag.partition(LIFE_MARK)[0] == base:
                version.gone_s, version.gone_by = at_s, by

    def _row_written(self, event: Event) -> None:
        before = self.rows.get(event.about)
        after = self._told_apart(event, before)
        etag = after["upload_etag"]
        if is_settled(after):
            end = event.about, event.facts["row"]["upload_etag"], after[f"{after['status']}_at"]
            self.ends[end] = etag
        if after.get("deleted_at"):
            self.discarded_s.setdefault(etag, event.at_s)
        self.changes.append(Change(event.at_s, event.who, event.about, before, after))
        if attempt_id := after.get("attempt_id"):
            self.claimed_by.setdefault(attempt_id, event.who)
        self.rows[event.about] = after

    def _told_apart(self, event: Event, before: dict[str, Any] | None) -> dict[str, Any]:
        """The row with the ETag of that life of its job."""
        row: dict[str, Any] = event.facts["row"]
        if before is None or before["upload_etag"].partition(LIFE_MARK)[0] != row["upload_etag"]:
            return row
        etag = before["upload_etag"]
        if before["status"] == "failed" and row["status"] == "queued":
            old = self.versions[etag]
            old.has_another = True
            etag = f"{row['upload_etag']}{LIFE_MARK}{old.life + 1}"
            again = replace(old, etag=etag, put_s=event.at_s, life=old.life + 1, has_another=False)
            self.versions[etag] = again
            if self.newest[old.name] is old:
                self.newest[old.name] = again
        return row | {"upload_etag": etag}

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

    def _asked(self, event: Event) -> None:
        self.asked.add((event.facts["verb"], event.about))

    def _calmed(self, event: Event) -> None:
        self.calm_s = event.at_s


def is_settled(row: dict[str, Any] | None) -> bool:
    """Whether the row says a result or a reason."""
    return row is not None and row["status"] in SETTLED


def of_same_upload(one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    """Whether both rows are about the same version."""
    return one is not None and other is not None and one["upload_etag"] == other["upload_etag"]
