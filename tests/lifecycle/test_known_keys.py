"""How long a process goes by what it knows of a key."""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from errors import StorageUnavailableError
from jobs.caller import Scope
from jobs.managed_key import ManagedKey
from lifecycle.known_keys import MOST_KNOWN, KnownKeys

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
KEY = ManagedKey("abc", "d1", "tail", "acme", "shop", frozenset({Scope.READ}), NOW, "")


@dataclass
class Table:
    """Rows, how often they were read, and whether anybody answers."""

    rows: dict[str, ManagedKey] = field(default_factory=lambda: {"abc": KEY})
    reads: int = 0
    is_silent: bool = False
    was_read: threading.Event = field(default_factory=threading.Event)

    def get(self, key_id: str) -> ManagedKey | None:
        self.reads += 1
        self.was_read.set()
        if self.is_silent:
            raise StorageUnavailableError
        return self.rows.get(key_id)


class Watch:
    """A clock that stands until it is moved."""

    at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def known(table: Table, watch: Watch) -> KnownKeys:
    return KnownKeys(table, 10.0, watch)  # type: ignore[arg-type]


def test_a_key_is_read_once_in_ten_seconds(known: KnownKeys, table: Table, watch: Watch) -> None:
    for _ in range(1000):
        assert known.find("abc") == KEY
        watch.at_s += 0.0099

    assert table.reads == 1


def test_an_older_one_is_served_and_read_beside(
    known: KnownKeys, table: Table, watch: Watch
) -> None:
    known.find("abc")
    table.rows["abc"] = replace(KEY, revoked_at=NOW)
    table.was_read.clear()
    watch.at_s += 15

    assert known.find("abc") == KEY

    table.was_read.wait(60)
    known._threads.shutdown()  # it is through
    assert known.find("abc") == table.rows["abc"]


def test_a_revocation_elsewhere_counts_after_half_a_minute(
    known: KnownKeys, table: Table, watch: Watch
) -> None:
    known.find("abc")
    table.rows["abc"] = replace(KEY, revoked_at=NOW)
    watch.at_s += 30

    assert known.find("abc") == table.rows["abc"]


def test_one_of_our_own_counts_at_once(known: KnownKeys, table: Table) -> None:
    known.find("abc")
    table.rows["abc"] = replace(KEY, revoked_at=NOW)

    known.forget("abc")

    assert known.find("abc") == table.rows["abc"]


def test_an_id_that_nobody_has_is_asked_for_once_in_five_seconds(
    known: KnownKeys, table: Table, watch: Watch
) -> None:
    for _ in range(100):
        assert known.find("nobody") is None
    assert table.reads == 1

    watch.at_s += 5
    table.rows["nobody"] = KEY
    assert known.find("nobody") == KEY


def test_no_flood_of_ids_fills_the_memory(known: KnownKeys) -> None:
    for each in range(MOST_KNOWN + 100):
        known.find(str(each))

    assert len(known._known) == MOST_KNOWN


def test_while_storage_is_silent_a_known_key_works_for_five_minutes(
    known: KnownKeys, table: Table, watch: Watch
) -> None:
    known.find("abc")
    table.is_silent = True

    watch.at_s += 299
    assert known.find("abc") == KEY
    watch.at_s += 1
    with pytest.raises(StorageUnavailableError):
        known.find("abc")


def test_while_storage_is_silent_nobody_says_that_a_key_is_wrong(
    known: KnownKeys, table: Table
) -> None:
    table.is_silent = True

    with pytest.raises(StorageUnavailableError):
        known.find("abc")


def test_who_guesses_makes_no_read(known: KnownKeys, table: Table) -> None:
    assert known.find("abc", from_storage=False) is None
    assert table.reads == 0
