"""Every moment that has a name is really reached, and a death there costs no more than a repeat."""

import contextlib
from collections.abc import Iterator

import pytest

from errors import EncodingError
from jobs.alarm import Kind
from lifecycle import failpoints, work
from lifecycle.attempt import run_attempt
from lifecycle.failpoints import Point
from lifecycle.intake import accept_blob
from lifecycle.rescue import rescue
from lifecycle.sweep import sweep
from processing.compress import compress

from .conftest import World

# What must have gone wrong before for a moment to come, in this order.
BEFORE = {
    Point.ADOPTED: [Point.STORED],
    Point.POSTPONED_ROW: [Point.CLAIMED],
    Point.POSTPONED_MESSAGE: [Point.CLAIMED],
}
AFTER_A_FAILURE = (Point.RETRY_ROW, Point.RETRY_MESSAGE)
IN_A_RESCUE = (Point.NEXT_ALARM, Point.WOKEN_ROW, Point.WOKEN_MESSAGE)
IN_A_SWEEP = (Point.RESULT_EXPIRED, Point.IN_HISTORY, Point.ROW_EXPIRED)
IN_A_FORM = (Point.FORM_RECORDED, Point.FORM_STORED)  # tests/lifecycle/test_ingest.py
BY_HAND = (Point.CANCELLED, Point.RESTARTED, Point.DISCARDED)  # tests/lifecycle/test_job_verbs.py
# Only where somebody is told of the end: tests/lifecycle/deliveries reaches each of them.
WHERE_SOMEBODY_LISTENS = (
    Point.UNPUBLISHED,
    Point.PUBLISHED_DELIVERIES,
    Point.PUBLISHED,
    Point.HELD,
    Point.DELIVERY_CLAIMED,
    Point.DELIVERY_SENT,
    Point.DELIVERY_ROW,
)
ELSEWHERE = IN_A_RESCUE + IN_A_SWEEP + IN_A_FORM + BY_HAND + WHERE_SOMEBODY_LISTENS
WHILE_LEASED = (Point.POSTPONED_ROW, Point.POSTPONED_MESSAGE)


class Death(BaseException):
    """What ends a process is no Exception: nobody may catch it."""


@pytest.fixture
def deaths(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Point]]:
    """Moments at which the process dies, each once and in this order."""
    to_come: list[Point] = []

    def reached(point: Point) -> None:
        if to_come and to_come[0] is point:
            to_come.pop(0)
            raise Death(point)

    monkeypatch.setattr(failpoints, "reached", reached)
    return to_come


def fails_once(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [EncodingError()]

    def flaky(*args, **options):
        if failures:
            raise failures.pop()
        return compress(*args, **options)

    monkeypatch.setattr(work, "compress", flaky)


def is_told_to_end_once(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    orders = [world.services.shutdown.request]

    def interrupted(*args, **options):
        if orders:
            orders.pop()()
        return compress(*args, **options)

    monkeypatch.setattr(work, "compress", interrupted)


def live_through(world: World, name: str, deaths: list[Point]) -> None:
    """Lets the trigger fire, and delivers the message, until nobody dies any more."""
    for _ in range(2 + len(deaths)):
        try:
            accept_blob(world.services, name)
            job = world.services.jobs.get(name)
            if job and not job.is_settled and not (deaths and deaths[0] in WHILE_LEASED):
                world.clock.advance(minutes=5)
            for message in world.take_messages() or [waiting(world, name)]:
                run_attempt(world.services, message)
        except Death:
            world.services.shutdown.is_requested = False  # the next worker knows nothing of it


def waiting(world: World, name: str):
    """The message that the host delivers again, as nobody has deleted it."""
    job = world.job(name)
    world.services.send_message(job)
    return world.take_messages()[0]


@pytest.mark.parametrize("point", [each for each in Point if each not in ELSEWHERE])
def test_a_death_at_this_moment_costs_a_repeat_at_most(
    world: World, photo: bytes, deaths: list[Point], monkeypatch: pytest.MonkeyPatch, point: Point
) -> None:
    world.put("a.png", photo)
    if point in AFTER_A_FAILURE:
        fails_once(monkeypatch)
    if point is Point.RELEASED:
        is_told_to_end_once(monkeypatch, world)
    deaths += [*BEFORE.get(point, []), point]

    live_through(world, "a.png", deaths)

    assert deaths == [], "this moment never came"
    assert world.job("a.png").status == "completed"
    assert len(list(world.services.results.all())) == 1
    assert world.services.uploads.get("a.png") is None


@pytest.mark.parametrize("point", IN_A_RESCUE)
def test_a_rescue_that_dies_is_made_up_for_by_the_next(
    world: World, photo: bytes, deaths: list[Point], point: Point
) -> None:
    world.accept("a.png", photo)  # and the message is lost
    deaths.append(point)

    for _ in range(3):
        world.clock.advance(minutes=2)
        with contextlib.suppress(Death):
            rescue(world.services)
    for message in world.take_messages():
        run_attempt(world.services, message)

    assert deaths == [], "this moment never came"
    assert world.job("a.png").status == "completed"


@pytest.mark.parametrize("point", IN_A_SWEEP)
def test_a_sweep_that_dies_is_made_up_for_by_the_next(
    world: World, photo: bytes, deaths: list[Point], point: Point
) -> None:
    run_attempt(world.services, world.accept("a.png", photo))
    deaths.append(point)

    for _ in range(3):
        world.clock.advance(minutes=11)
        with contextlib.suppress(Death):
            sweep(world.services)

    assert deaths == [], "this moment never came"
    assert world.past("a.png").status == "expired"
    assert list(world.services.results.all()) == []
    # One for each time that the job was about to become history.
    assert {(each.kind, each.job_key) for each in world.alarms(days=31)} == {(Kind.ENDED, "a.png")}


def test_where_no_test_has_put_anything_nothing_happens() -> None:
    assert failpoints.reached(Point.CLAIMED) is None
    assert failpoints.reached.__code__.co_names == ()  # it calls nothing
