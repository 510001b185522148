"""The hold of an attempt on a row: how long it lasts, and whose it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jobs import transitions
from jobs.job import Job
from jobs.lease import LEASE_GRACE, Lease

from .samples import LATER, LEASE, NOW, ORDER, UPLOAD

HELD = Lease("one", NOW)
CLAIMED = transitions.claimed(transitions.created(UPLOAD, ORDER, NOW), "one", NOW, LEASE)
MOMENT = timedelta(microseconds=1)


def test_a_lease_runs_until_its_end_and_lapses_a_grace_later() -> None:
    assert HELD.is_running(NOW - MOMENT)
    assert not HELD.is_running(NOW)
    assert HELD.lapses_at == NOW + LEASE_GRACE


def test_a_lease_that_is_renewed_is_the_same_attempts() -> None:
    renewed = HELD.renewed(LATER)

    assert renewed == Lease("one", LATER)
    assert renewed.is_held_by(HELD)


@pytest.mark.parametrize("other", [None, Lease("two", NOW)])
def test_a_lease_is_nobody_elses(other: Lease | None) -> None:
    assert not HELD.is_held_by(other)


def test_a_job_is_leased_until_the_end_of_its_lease() -> None:
    assert CLAIMED.is_leased(NOW + LEASE - MOMENT)
    assert not CLAIMED.is_leased(NOW + LEASE)
    assert not replace(CLAIMED, lease=None).is_leased(NOW)


@pytest.mark.parametrize(
    ("stored", "is_held"),
    [
        (CLAIMED, True),
        (transitions.woken(CLAIMED, LATER), True),
        (transitions.claimed(CLAIMED, "two", LATER, LEASE), False),
        (replace(CLAIMED, upload_etag="0x9"), False),
        (replace(CLAIMED, lease=None), False),
    ],
    ids=["as claimed", "woken meanwhile", "claimed again", "a newer upload", "handed back"],
)
def test_a_row_is_held_by_the_attempt_and_for_the_upload_that_claimed_it(
    stored: Job, is_held: bool
) -> None:
    assert stored.is_held_by(CLAIMED) is is_held


def test_a_job_is_free_since_its_last_attempt_ended_or_since_it_waits() -> None:
    waiting = transitions.created(UPLOAD, ORDER, NOW, delay=timedelta(minutes=1))

    assert transitions.postponed(waiting, LATER, LATER).free_since == NOW
    assert transitions.woken(CLAIMED, LATER).free_since == NOW + LEASE
