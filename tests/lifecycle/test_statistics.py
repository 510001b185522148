"""Jobs are counted by day; a day that is over is counted once, and again where it changes."""

from datetime import timedelta

import pytest

from jobs.day_sums import Sums, merged
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob
from lifecycle.job_list import day_of
from lifecycle.job_verbs import cancel_job, requeue_job
from lifecycle.statistics import statistics
from lifecycle.sweep import sweep

from .conftest import World
from .test_job_list import accepted, at_noon


def counted(world: World, days: int = 20) -> list[tuple[int, int, int]]:
    """Of each day that had jobs: how many, how many completed, how many failed."""
    last = world.clock()
    found = statistics(world.services, "", day_of(last - timedelta(days=days)), last)
    sums = [merged(each.values()) for each in found.values()]
    return [(each.jobs, each.completed, each.failed) for each in sums]


def test_each_day_is_counted_by_type_also_today(world: World, photo: bytes) -> None:
    at_noon(world)
    run_attempt(world.services, world.accept("a.png", photo))
    world.put("b.gif", b"")
    accept_blob(world.services, "b.gif")
    world.clock.advance(days=1)
    accepted(world, "c.png")

    found = statistics(world.services, "", day_of(world.clock() - timedelta(days=5)), world.clock())

    first, today = found.values()
    assert first["gif"] == Sums(jobs=1, failed=1)
    assert (first["png"].completed, first["png"].bytes_before) == (1, len(photo))
    assert today == {"png": Sums(jobs=1)}


def test_a_day_that_is_over_is_read_again_only_where_a_job_of_it_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_noon(world)
    accepted(world, "a.png", "b.png")
    cancel_job(world.services, "a.png", keep=True)
    world.clock.advance(hours=20)
    assert counted(world) == [(2, 0, 1)]
    cancel_job(world.services, "b.png", keep=True)
    assert counted(world) == [(2, 0, 2)]

    with monkeypatch.context() as patch:
        patch.setattr(world.services.index, "of_day", lambda *_: iter(()))
        assert counted(world) == [(2, 0, 2)]

    requeue_job(world.services, "b.png", {})
    assert counted(world) == [(2, 0, 1)]


def test_the_sweep_counts_yesterday(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at_noon(world)
    accepted(world, "a.png")
    cancel_job(world.services, "a.png", keep=True)
    world.clock.advance(days=1)

    sweep(world.services)

    monkeypatch.setattr(world.services.index, "of_day", lambda *_: iter(()))
    assert counted(world) == [(1, 0, 1)]
