"""The life of a delivery: its schedule, what a receiver may ask for, and its end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors.deliveries import (
    DeliveryError,
    DeliveryGoneError,
    DeliveryRefusedError,
    DeliveryStatusError,
    DeliveryTimeoutError,
)
from jobs import delivery as law
from jobs.delivery import SCHEDULE, Delivery
from jobs.delivery import DeliveryState as State

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOLD = timedelta(hours=80)
JITTERS = st.floats(-1, 1)


@pytest.fixture
def waiting() -> Delivery:
    return Delivery("e1", "msg_1", "job.completed", NOW, "{}", NOW, NOW, NOW + HOLD)


def failing(delivery: Delivery, times: int, jitter: float = 0.0) -> list[Delivery]:
    """What it is after each of its attempts, each at the moment at which it is due."""
    found = []
    for _ in range(times):
        claimed = law.claimed(delivery, "a1", delivery.due)
        delivery = law.refused(claimed, DeliveryTimeoutError(), delivery.due, jitter)
        found.append(delivery)
    return found


def test_ten_attempts_are_made_in_the_pauses_of_the_specification(waiting: Delivery) -> None:
    after = failing(waiting, 10)

    pauses = [b.due - a.due for a, b in zip([waiting, *after], after[:9], strict=False)]
    assert [pause.total_seconds() for pause in pauses] == [
        5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400,
    ]  # fmt: skip
    assert [each.state for each in after] == [State.WAITING] * 9 + [State.FAILED]
    assert after[-1].attempts == 10
    assert after[-1].ended_at == NOW + timedelta(hours=75, minutes=35, seconds=5)


@given(st.integers(1, 12), JITTERS)
def test_a_pause_moves_by_a_tenth_at_most(attempts: int, jitter: float) -> None:
    pause = law.next_pause(attempts, jitter)

    if attempts >= len(SCHEDULE):
        assert pause is None
    else:
        assert abs(pause - SCHEDULE[attempts]) <= SCHEDULE[attempts] / 10 + timedelta.resolution


@given(JITTERS)
def test_all_attempts_are_over_before_the_deadline(jitter: float) -> None:
    waiting = Delivery("e1", "msg_1", "job.completed", NOW, "{}", NOW, NOW, NOW + HOLD)

    last = failing(waiting, 10, jitter)[-1]

    assert last.attempts == 10
    assert last.ended_at < NOW + HOLD


@pytest.mark.parametrize(
    ("asked_s", "pause"),
    [
        (None, timedelta(seconds=5)),
        (0, timedelta(seconds=5)),
        (1, timedelta(seconds=5)),
        (120, timedelta(seconds=120)),
        (3600, timedelta(hours=1)),
        (10**9, timedelta(hours=1)),
    ],
)
def test_a_receiver_is_spared_for_as_long_as_it_asks_up_to_an_hour(
    waiting: Delivery, asked_s: float | None, pause: timedelta
) -> None:
    claimed = law.claimed(waiting, "a1", NOW)

    after = law.refused(claimed, DeliveryStatusError(status=503, pause_s=asked_s), NOW, 0)

    assert after.due == NOW + pause
    assert (after.state, after.last_status) == (State.WAITING, 503)


@pytest.mark.parametrize("error", [DeliveryRefusedError(), DeliveryGoneError(status=410)])
def test_what_cannot_be_helped_is_not_tried_again(waiting: Delivery, error: DeliveryError) -> None:
    after = law.refused(law.claimed(waiting, "a1", NOW), error, NOW, 0)

    assert (after.state, after.error_code, after.ended_at) == (
        State.FAILED,
        error.code,
        NOW,
    )


def test_a_claim_is_for_half_a_minute_and_counts_as_an_attempt(waiting: Delivery) -> None:
    claimed = law.claimed(waiting, "a1", NOW)

    assert (claimed.state, claimed.attempts, claimed.attempt_id) == (State.SENDING, 1, "a1")
    assert claimed.due == NOW + timedelta(seconds=30)
    assert claimed.is_active


def test_what_is_accepted_is_at_its_end_and_forgets_what_went_wrong_before(
    waiting: Delivery,
) -> None:
    failed_once = failing(waiting, 1)[0]

    after = law.delivered(law.claimed(failed_once, "a2", failed_once.due), 204, failed_once.due)

    assert (after.state, after.last_status, after.error_code) == (
        State.DELIVERED,
        204,
        None,
    )
    assert not after.is_active


def test_the_last_attempt_is_made_before_the_deadline_and_none_after(waiting: Delivery) -> None:
    late = replace(waiting, attempts=7, deadline=NOW + timedelta(hours=1))

    after = law.refused(law.claimed(late, "a1", NOW), DeliveryTimeoutError(), NOW, 0)
    last = law.refused(law.claimed(after, "a2", after.due), DeliveryTimeoutError(), after.due, 0)

    assert (after.state, after.due) == (State.WAITING, late.deadline - law.LEASE)
    assert last.state is State.FAILED


def test_a_replay_begins_a_schedule_of_its_own_under_the_same_id(waiting: Delivery) -> None:
    given_up = failing(waiting, 10)[-1]
    later = NOW + timedelta(days=9)

    again = law.replayed(given_up, later, HOLD)

    assert (again.id, again.state, again.due) == (waiting.id, State.WAITING, later)
    assert (again.attempts, again.replays, again.deadline) == (10, 1, later + HOLD)
    assert failing(again, 10)[-1].attempts == 20
    assert failing(again, 9)[-1].state is State.WAITING


# What may happen to a delivery, and in which states.
STEPS = {
    "claim": (
        {State.WAITING, State.SENDING},
        lambda d, now: law.claimed(d, "a", now),
    ),
    "fail": (
        {State.SENDING},
        lambda d, now: law.refused(d, DeliveryTimeoutError(), now, 0),
    ),
    "accept": ({State.SENDING}, lambda d, now: law.delivered(d, 200, now)),
    "drop": ({State.WAITING, State.SENDING}, law.dropped),
    "give up": ({State.WAITING, State.SENDING}, law.given_up),
    "replay": (
        set(State) - {State.SENDING},
        lambda d, now: law.replayed(d, now, HOLD),
    ),
}


@given(st.lists(st.sampled_from(sorted(STEPS))))
def test_whatever_happens_an_ended_delivery_says_when_and_an_active_one_does_not(
    steps: list[str],
) -> None:
    delivery, now = Delivery("e1", "m", "ping", NOW, "{}", NOW, NOW, NOW + HOLD), NOW
    for step in steps:
        states, change = STEPS[step]
        now += timedelta(minutes=1)
        if delivery.state in states:
            delivery = change(delivery, now)

        assert (delivery.ended_at is None) == delivery.is_active
        assert (delivery.attempt_id is not None) == (delivery.state is State.SENDING)
