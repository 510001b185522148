"""The timer trigger."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import ResourceExistsError

from devhost.app.metadata import Binding, Function
from devhost.app.schedule import parse_schedule
from devhost.failure import StartFailure
from devhost.triggers import timer
from devhost.triggers.timer import NEVER, Status, checked_status
from tests.devhost.running import LIMIT_S, devhost, wait_until

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


def test_a_timer_fires_on_its_schedule_and_never_overlaps_itself(toy):
    wait_until(lambda: len(toy.journal(function="on_tick")) >= 6, "three runs have ended")

    kinds = ["begin" if "begin" in each else "end" for each in toy.journal(function="on_tick")]
    assert kinds[:6] == ["begin", "end"] * 3


def test_a_run_longer_than_the_interval_is_followed_by_one_at_once(monkeypatch):
    now = NOON - timedelta(seconds=0.1)
    monkeypatch.setattr(timer, "_now", lambda: now)
    runs = []

    class Invoker:
        async def run(self, call):
            nonlocal now
            runs.append(call)
            now += timedelta(minutes=90)
            if len(runs) == 2:
                listener.stop()

    options = {"schedule": "0 0 * * * *", "useMonitor": False}
    binding = Binding("timerTrigger", "timer", is_output=False, options=options)
    function = Function("on_hour", (binding,), is_disabled=False)
    listener = timer.TimerListener(function, None, Invoker())
    asyncio.run(asyncio.wait_for(listener.listen(), LIMIT_S))

    assert len(runs) == 2


def test_a_timer_that_wants_it_fires_on_every_start(toy):
    assert toy.noted(function="on_startup")["past_due"] is False
    toy.printed("Function 'on_startup' is configured to run on startup. Executing now.")


def status_blob(account, function):
    name = f"timers/{account.host_id}/Host.Functions.{function}/status"
    return account.blobs.get_blob_client("azure-webjobs-hosts", name)


def test_the_first_start_remembers_when_a_timer_is_due_and_does_not_fire(toy, shared_account):
    blob = status_blob(shared_account, "on_new_year")
    wait_until(blob.exists, "the status is written")

    status = json.loads(blob.download_blob().readall())

    due = datetime.fromisoformat(status["Next"])
    assert (due.month, due.day, due.hour) == (1, 1, 0)
    assert toy.journal(function="on_new_year") == []


def test_a_timer_that_fires_more_often_than_once_a_minute_has_no_status(toy, shared_account):
    toy.noted(function="on_tick")

    assert not status_blob(shared_account, "on_tick").exists()


def test_a_timer_that_was_missed_fires_on_start_and_knows_it(account, tmp_path):
    last = datetime.now(UTC) - timedelta(days=800)
    due = parse_schedule("0 0 0 1 1 *").next_after(last)
    missed = Status(last, due, last)
    with contextlib.suppress(ResourceExistsError):
        account.blobs.create_container("azure-webjobs-hosts")
    blob = status_blob(account, "on_new_year")
    blob.upload_blob(json.dumps(missed.to_dict()))

    with devhost(account, tmp_path) as toy:
        noted = toy.noted(function="on_new_year")
        toy.printed("Executed 'Functions.on_new_year' (Succeeded")

    assert (noted["past_due"], noted["next"]) == (True, due.isoformat())
    stored = json.loads(blob.download_blob().readall())
    assert datetime.fromisoformat(stored["Next"]) > datetime.now(UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 */5 * * * *", datetime(2026, 3, 2, 12, 5, tzinfo=UTC)),
        ("*/5 * * * *", datetime(2026, 3, 2, 12, 5, tzinfo=UTC)),
        ("30 0 0 * * *", datetime(2026, 3, 3, 0, 0, 30, tzinfo=UTC)),
        ("0 0 9 * JAN MON", datetime(2027, 1, 4, 9, tzinfo=UTC)),
        ("0 0 0 * * 0", datetime(2026, 3, 8, tzinfo=UTC)),
        # Both the day of the month and the day of the week must match.
        ("0 0 0 13 * FRI", datetime(2026, 3, 13, tzinfo=UTC)),
        ("00:00:10", datetime(2026, 3, 2, 12, 0, 10, tzinfo=UTC)),
    ],
)
def test_a_schedule_is_read_as_the_host_reads_it(text, due):
    assert parse_schedule(text).next_after(NOON) == due


@pytest.mark.parametrize("text", ["", "* * * *", "0 0 0 0 0 0 0", "0 61 * * * *", "@daily"])
def test_a_schedule_that_the_host_cannot_read_is_refused(text):
    with pytest.raises(StartFailure, match="was not recognized"):
        parse_schedule(text)


def test_a_changed_schedule_does_not_make_a_timer_past_due():
    old = Status(NOON - timedelta(days=2), NOON - timedelta(days=1), NOON - timedelta(days=2))

    checked = checked_status(old, parse_schedule("0 */5 * * * *"), NOON)

    assert checked == Status(NEVER, NOON + timedelta(minutes=5), NOON)


def test_an_unchanged_schedule_keeps_what_was_missed():
    schedule = parse_schedule("0 0 12 * * *")
    stored = Status(NOON - timedelta(days=3), NOON - timedelta(days=2), NOON - timedelta(days=3))

    assert checked_status(stored, schedule, NOON) == stored
