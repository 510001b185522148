"""What the campaigns count with: rounds, recoveries, promises, and their own moments."""

import time
from types import SimpleNamespace

import pytest

from harness.chaos.campaigns import failpoints
from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.load import Load
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.record import Record
from harness.chaos.campaigns.recovery import Recovery, add_recovery
from lifecycle.failpoints import Point


def row(status, attempt_id=None, attempts=1):
    lease = {"attempt_id": attempt_id} if attempt_id else {}
    number = SimpleNamespace(value=attempts)
    return {"a.png": {"status": status, "attempts": number} | lease}


def test_rounds_make_up_the_count():
    assert list(Order("any", 1, 7).rounds(3)) == [range(3), range(3, 6), range(6, 7)]


def test_there_are_no_rounds_after_the_time():
    order = Order("any", 1, 7, minutes=1e-9)

    assert list(order.rounds(3)) == []
    assert order.command == "./scripts/chaos any --seed 1 --count 7 --minutes 1e-09"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_load_that_ends_by_itself_is_a_violation():
    record = Record()
    rig = SimpleNamespace(record=record, watcher=None)  # which it cannot ask

    with Load(rig).flowing():
        time.sleep(0.3)

    assert len(record.violations) == 1


def test_a_recovery_lasts_until_another_attempt():
    recovery = Recovery()
    recovery.expect(row("processing", "one"))
    killed_s = time.monotonic()

    recovery.look(killed_s + 2, row("processing", "one"))
    recovery.look(killed_s + 4, row("processing", "two", 2))

    assert recovery.times_s == [pytest.approx(4, abs=0.5)]
    assert recovery.most_attempts == 2


def test_an_attempt_that_ended_before_the_kill_is_no_recovery():
    recovery = Recovery()
    recovery.expect(row("processing", "one"))

    recovery.look(time.monotonic() + 1, row("completed"))

    assert recovery.times_s == []


def test_a_wait_that_another_kill_made_longer_is_told_apart():
    recovery = Recovery()
    recovery.expect(row("processing", "one"))
    recovery.expect(row("processing", "one"))

    recovery.look(time.monotonic() + 5, row("processing", "two", 2))

    assert recovery.disturbed == 1
    assert len(recovery.times_s) == 1


def test_a_slow_recovery_is_a_violation_in_a_full_run_only():
    recovery = Recovery(times_s=[1.0, 99.0])
    full, short = Findings(), Findings()

    add_recovery(full, recovery)
    add_recovery(short, recovery, has_goal=False)

    assert len(full.violations) == 1
    assert short.violations == []


def test_each_broken_promise_is_counted_under_its_name():
    findings = Findings(violations=["I1: a", "I6: process 7", "I6: job-x", "I6: job-y"])

    findings.add_promises()

    counts = {each.what: each.measured for each in findings.figures if each.is_met is False}
    assert counts == {
        "jobs lost, failed or without an end": "1",
        "processes left": "1",
        "temporary folders left": "2",
    }


def test_every_moment_is_the_campaigns_or_that_of_a_test():
    assert {*failpoints.POINTS, *failpoints.ELSEWHERE} == set(Point)
