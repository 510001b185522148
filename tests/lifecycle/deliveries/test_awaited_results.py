"""A result is kept for as long as a delivery may need it, and not much longer."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from jobs.job import Status
from lifecycle.failpoints import Point
from lifecycle.links import deletes_at, link_to_result
from lifecycle.rescue import rescue
from lifecycle.sweep import sweep
from lifecycle.tick import Done

from .delivering import Death, Delivering


def live_on(post: Delivering, **units: float) -> None:
    """So long, in steps of a sweep; what is due is sent."""
    end = post.world.clock() + timedelta(**units)
    while post.world.clock() < end:
        post.world.clock.advance(minutes=5)
        rescue(post.services)
        sweep(post.services)
        post.dispatch()


def test_a_result_whose_event_has_arrived_goes_after_ten_minutes(
    post: Delivering, photo: bytes
) -> None:
    post.webhook()
    post.complete("a.png", photo)
    post.dispatch()

    post.world.clock.advance(minutes=9)
    sweep(post.services)
    assert post.world.output("a.webp")
    live_on(post, minutes=10)

    assert post.world.past("a.png").status is Status.EXPIRED
    assert list(post.services.results.all()) == []


def test_a_result_does_not_go_while_its_delivery_waits(post: Delivering, photo: bytes) -> None:
    endpoint_id = post.webhook(otherwise="503")
    job = post.complete("a.png", photo)
    post.dispatch()

    live_on(post, hours=3)
    assert post.world.output("a.webp")
    post.receivers[endpoint_id].behave()
    while post.delivery(job, endpoint_id).is_active:
        live_on(post, minutes=5)
    arrived = post.world.clock()

    assert post.world.output("a.webp"), "it is kept for ten minutes from now on"
    while post.services.jobs.get("a.png"):
        live_on(post, minutes=5)
    kept_for = post.world.clock() - arrived
    assert timedelta(minutes=10) <= kept_for <= 2 * timedelta(hours=6)
    assert list(post.services.results.all()) == []


def test_nobody_is_told_of_a_deletion_that_comes_earlier_after_all(
    post: Delivering, photo: bytes
) -> None:
    post.webhook(otherwise="503")
    post.complete("a.png", photo)
    told = []
    for _ in range(40):
        post.world.clock.advance(minutes=5)
        sweep(post.services)
        told.append(deletes_at(post.services, post.world.job("a.png")))

    assert told == sorted(told)
    assert told[-1] > post.world.clock()


def test_looks_at_a_result_that_is_kept_become_seldom(post: Delivering, photo: bytes) -> None:
    post.webhook(otherwise="503")
    post.complete("a.png", photo)
    holds = 0

    for _ in range(2 * 12 * 10):  # ten hours
        post.world.clock.advance(minutes=2.5)
        holds += sweep(post.services)[Done.RESULT_HELD]

    assert 4 <= holds <= 8


def test_an_event_that_never_arrives_keeps_its_result_for_80_hours_and_no_longer(
    post: Delivering, photo: bytes
) -> None:
    endpoint_id = post.webhook(otherwise="503")
    job = post.complete("a.png", photo)
    while post.delivery(job, endpoint_id).is_active:
        post.world.clock.advance(seconds=max(60, post.due_in(endpoint_id).total_seconds()))
        sweep(post.services)
        post.dispatch()

    assert post.world.clock() < job.completed_at + timedelta(hours=84)
    for _ in range(4):
        post.world.clock.advance(hours=24)
        sweep(post.services)
    assert post.world.past("a.png").status is Status.EXPIRED


def test_a_late_attempt_has_a_link_that_works_as_long_as_the_result_is_kept(
    post: Delivering, photo: bytes
) -> None:
    endpoint_id = post.webhook("503", "503", "503")
    post.complete("a.png", photo)
    post.dispatch()
    assert link_to_result(post.services, post.world.job("a.png"))

    post.world.clock.advance(hours=3)  # and no sweep has looked since
    post.dispatch()
    post.world.clock.advance(hours=3)
    post.dispatch()
    post.world.clock.advance(hours=5)
    post.dispatch()

    bodies = [json.loads(each.body)["data"] for each in post.receivers[endpoint_id].received]
    assert [bool(data["output_url"]) for data in bodies] == [True] * len(bodies)
    assert len({data["output_url"] for data in bodies}) == len(bodies) == 4


def test_no_link_leads_to_the_result_of_a_newer_upload(post: Delivering, photo: bytes) -> None:
    endpoint_id = post.webhook("503")
    post.complete("a.png", photo)
    post.dispatch()
    newer = post.complete("a.png", photo)

    post.world.clock.advance(seconds=6)
    post.dispatch()

    bodies = [json.loads(each.body) for each in post.receivers[endpoint_id].received[1:]]
    links = [bool(body["data"]["output_url"]) for body in bodies]
    assert sorted(links) == [False, True], "only the newer one's event has one"
    assert newer.published[0].delivery_id in post.receivers[endpoint_id].ids[1:]


def test_a_death_while_it_is_decided_to_keep_a_result_keeps_it(
    post: Delivering, photo: bytes, die: Callable[[Point], None]
) -> None:
    post.webhook(otherwise="503")
    post.complete("a.png", photo)
    post.world.clock.advance(minutes=11)
    die(Point.HELD)
    with pytest.raises(Death):
        rescue(post.services)

    post.world.clock.advance(minutes=1)
    assert rescue(post.services)[Done.RESULT_HELD] == 1
    assert post.world.output("a.webp")


def test_a_failed_job_is_forgotten_in_its_time_whoever_still_waits(post: Delivering) -> None:
    endpoint_id = post.webhook(otherwise="503")
    post.fail("a.png")
    post.dispatch()

    for _ in range(3):
        post.world.clock.advance(hours=24)
        sweep(post.services)

    job = post.world.past("a.png")
    assert post.delivery(job, endpoint_id).state == "waiting"
    post.receivers[endpoint_id].behave()
    post.dispatch()
    assert post.delivery(job, endpoint_id).state == "delivered"
