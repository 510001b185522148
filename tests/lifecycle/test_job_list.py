"""Jobs are listed as they stand, page by page; none twice, and none forgotten."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from errors.requests import BadContinuationError
from jobs.index_entry import entry_of
from jobs.job import Job, Status
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob
from lifecycle.job_list import Filters, list_jobs
from lifecycle.job_verbs import cancel_job, delete_job, requeue_job
from lifecycle.sweep import sweep

from .conftest import World

ALL = Filters()
NOON = timedelta(hours=12)


def names(world: World, filters: Filters = ALL, limit: int = 100) -> list[str]:
    """Of all pages."""
    return [each.entry.blob_name for each in listed(world, filters, limit)]


def listed(world: World, filters: Filters = ALL, limit: int = 100) -> list:
    found, token = [], None
    while True:
        page, token = list_jobs(world.services, filters, limit, token)
        found += page
        if token is None:
            return found


def stand(world: World, **filters) -> dict[str, str]:
    return {each.entry.blob_name: str(each.status) for each in listed(world, Filters(**filters))}


def accepted(world: World, *given: str) -> list[Job]:
    """One after the other, with a file that is no photo."""
    jobs = []
    for name in given:
        world.put(name, b"nothing")
        world.clock.advance(seconds=1)
        job = accept_blob(world.services, name)
        assert job is not None
        jobs.append(job)
    return jobs


def at_noon(world: World) -> None:
    """No day ends in the middle of a test."""
    now = world.clock()
    begin = datetime.combine(now.date(), datetime.min.time(), UTC)
    world.clock.offset += begin + NOON - now


def test_jobs_stand_in_the_list_as_they_stand_the_newest_first(world: World, photo: bytes) -> None:
    at_noon(world)
    run_attempt(world.services, world.accept("a.png", photo))
    accepted(world, "b.png", "c.png")
    cancel_job(world.services, "c.png")
    world.put("d.png", b"")
    accept_blob(world.services, "d.png")
    accepted(world, "e.png")
    world.claim("e.png", "one")

    jobs = listed(world)

    assert [(each.entry.blob_name, str(each.status)) for each in jobs] == [
        ("e.png", "processing"),
        ("d.png", "failed"),
        ("c.png", "failed"),
        ("b.png", "queued"),
        ("a.png", "completed"),
    ]
    assert [each.entry.error_code for each in jobs[1:3]] == ["EMPTY_FILE", "CANCELLED"]
    done = jobs[-1].entry
    assert done.bytes_before == len(photo) > (done.bytes_after or 0) > 0
    assert done.seconds is not None
    assert done.attempts == 1


def test_a_list_may_be_of_one_status_of_names_and_of_a_time(world: World) -> None:
    at_noon(world)
    first, *_ = accepted(world, "x/a.png", "x/b.png", "y/c.png", "ü/d.png")
    cancel_job(world.services, "x/b.png")
    middle = world.job("x/b.png").created_at

    assert names(world, Filters(status=Status.FAILED)) == ["x/b.png"]
    assert names(world, Filters(status=Status.QUEUED)) == ["ü/d.png", "y/c.png", "x/a.png"]
    assert names(world, Filters(status=Status.COMPLETED)) == []
    assert names(world, Filters(prefix="x/")) == ["x/b.png", "x/a.png"]
    assert names(world, Filters(prefix="ü")) == ["ü/d.png"]
    assert names(world, Filters(since=middle)) == ["ü/d.png", "y/c.png", "x/b.png"]
    assert names(world, Filters(until=middle)) == ["x/b.png", "x/a.png"]
    assert names(world, Filters(since=middle, until=middle)) == ["x/b.png"]
    assert names(world, Filters(until=first.created_at - timedelta(seconds=1))) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 8, 100])
def test_pages_hold_each_job_once_over_days_and_months(world: World, limit: int) -> None:
    at_noon(world)
    expected = []
    for number in range(9):
        expected[:0] = [job.blob_name for job in accepted(world, f"{number}.png")]
        world.clock.advance(days=3)

    assert names(world, limit=limit) == expected


def test_no_job_comes_twice_and_none_is_left_out_while_they_end_and_expire(
    world: World, photo: bytes
) -> None:
    """D-65."""
    at_noon(world)
    accepted(world, *(f"{number}.png" for number in range(6)))
    first, token = list_jobs(world.services, ALL, 2, None)

    for name in ("5.png", "3.png", "1.png"):
        cancel_job(world.services, name)
    delete_job(world.services, "1.png")
    accepted(world, "new.png")
    second, token = list_jobs(world.services, ALL, 2, token)
    delete_job(world.services, "2.png")
    third, token = list_jobs(world.services, ALL, 3, token)

    pages = [*first, *second, *third]
    assert [each.entry.blob_name for each in pages] == [
        f"{number}.png" for number in (5, 4, 3, 2, 1, 0)
    ]
    assert stand(world)["1.png"] == "failed"


def test_an_end_that_the_index_did_not_learn_is_told_and_learned(world: World) -> None:
    at_noon(world)
    (job,) = accepted(world, "a.png")
    cancel_job(world.services, "a.png")
    world.services.index.put(entry_of(job, ""))

    assert stand(world) == {"a.png": "failed"}
    (entry,) = world.services.index.of_day("", world.clock())
    assert entry.status is Status.FAILED


def test_what_never_had_a_row_or_was_replaced_is_not_listed(world: World) -> None:
    at_noon(world)
    (job,) = accepted(world, "a.png")
    world.services.index.put(entry_of(replace(job, blob_name="never.png"), ""))
    accepted(world, "a.png")

    (only,) = listed(world)

    assert only.entry.upload_etag == world.job("a.png").upload_etag


def test_a_job_that_is_tried_again_is_listed_once(world: World) -> None:
    at_noon(world)
    accepted(world, "a.png")
    cancel_job(world.services, "a.png", keep=True)
    requeue_job(world.services, "a.png", {})

    assert [str(each.status) for each in listed(world)] == ["queued"]


def test_a_continuation_goes_with_its_own_list_only_and_costs_no_call_to_be_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-66."""
    at_noon(world)
    accepted(world, "a.png", "b.png")
    _, token = list_jobs(world.services, ALL, 1, None)
    assert token is not None
    monkeypatch.setattr(world.services.index, "_tables", None)
    others = [
        *(Filters(tenant="acme"), Filters(status=Status.FAILED), Filters(prefix="a")),
        Filters(since=world.clock()),
    ]
    altered = [token[:-1], "A" + token[1:], token[:40] + "AAAA" + token[44:], "ü", "!!"]

    for filters in others:
        with pytest.raises(BadContinuationError):
            list_jobs(world.services, filters, 1, token)
    for other in altered:
        with pytest.raises(BadContinuationError):
            list_jobs(world.services, ALL, 1, other)


def test_a_month_goes_as_a_whole_when_nobody_may_ask_for_it(world: World) -> None:
    at_noon(world)
    accepted(world, "a.png")
    began = world.clock()
    world.clock.advance(days=31)
    sweep(world.services)
    assert list(world.services.index.of_day("", began))

    world.clock.advance(days=40)
    world.services.counted_days.clear()
    sweep(world.services)

    assert names(world) == []
    assert list(world.services.index.of_day("", began)) == []
