"""The index of jobs by time: what is due is found, in order, and nothing else is read."""

from datetime import UTC, datetime, timedelta

from integrations.alarm_table import AlarmTable
from jobs.alarm import Alarm, Kind
from jobs.naming import LONGEST_ROW_KEY, row_key

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def alarm(minutes: float, key: str = "a=2Fb.png", kind: Kind = Kind.WAITING) -> Alarm:
    return Alarm(kind, key, NOON + timedelta(minutes=minutes))


def test_what_is_due_comes_oldest_first(alarms: AlarmTable) -> None:
    for minutes in (5, -1, -60, -0.001, 0):
        alarms.set(alarm(minutes))

    assert list(alarms.due(Kind.WAITING, NOON)) == [alarm(-60), alarm(-1), alarm(-0.001)]


def test_kinds_do_not_mix(alarms: AlarmTable) -> None:
    alarms.set(alarm(-1))
    alarms.set(alarm(-2, kind=Kind.ENDED))

    assert list(alarms.due(Kind.ENDED, NOON)) == [alarm(-2, kind=Kind.ENDED)]


def test_setting_and_clearing_twice_is_harmless(alarms: AlarmTable) -> None:
    alarms.set(alarm(-1))
    alarms.set(alarm(-1))
    assert list(alarms.due(Kind.WAITING, NOON)) == [alarm(-1)]

    alarms.clear(alarm(-1))
    alarms.clear(alarm(-1))
    assert list(alarms.due(Kind.WAITING, NOON)) == []


def test_the_longest_and_the_strangest_keys_come_back(alarms: AlarmTable) -> None:
    keys = {"x" * LONGEST_ROW_KEY, row_key("y" * 1024), row_key("a-b/c d'e#f?\u0001"), row_key("-")}
    for key in keys:
        alarms.set(alarm(-1, key))

    assert {each.job_key for each in alarms.due(Kind.WAITING, NOON)} == keys


def test_a_page_is_not_the_end(alarms: AlarmTable) -> None:
    keys = [f"20260102T115900.000000-{number:04}" for number in range(1050)]
    entities = [("upsert", {"PartitionKey": "waiting", "RowKey": key}) for key in keys]
    alarms.create()
    for start in range(0, len(entities), 100):
        alarms._table.submit_transaction(entities[start : start + 100])

    due = list(alarms.due(Kind.WAITING, NOON))
    assert due == [alarm(-1, f"{number:04}") for number in range(1050)]


def test_an_entry_that_nobody_can_read_hides_no_other(alarms: AlarmTable) -> None:
    alarms.set(alarm(-1, "after"))
    for key in ("0-handmade", "-", "20251301T000000.000000-a"):
        alarms._table.upsert_entity({"PartitionKey": "waiting", "RowKey": key})

    assert [each.job_key for each in alarms.due(Kind.WAITING, NOON)] == ["after"]
    assert len(list(alarms._table.list_entities())) == 1


def test_a_question_creates_a_missing_table(alarms: AlarmTable) -> None:
    assert list(alarms.due(Kind.WAITING, NOON)) == []
    alarms._table.get_table_access_policy()
