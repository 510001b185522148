"""Whose turn it is: endpoints in turns, four at a time at each, one at a half-open one."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.breaker import CLOSED, Breaker, after_failure
from jobs.delivery import Delivery
from lifecycle.lanes import Dispatcher, Lane, Lanes, Task

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OPEN = Breaker(5, NOW, NOW, 1, NOW + timedelta(seconds=30))
HALF_OPEN = Breaker(5, NOW, NOW, 1, NOW)


def due(endpoint_id: str, count: int) -> list[Delivery]:
    return [
        Delivery(endpoint_id, f"msg_{endpoint_id}{n}", "ping", NOW, "{}", NOW, NOW, NOW)
        for n in range(count)
    ]


def looked(lanes: Lanes, counts: dict[str, int], breaker: Breaker = CLOSED) -> Lane:
    """These endpoints are taken up, and have so much due; returns the last one's lane."""
    lanes.add(counts)
    for task in [lanes.take(NOW) for _ in counts]:
        assert task.delivery is None
        found = due(task.lane.endpoint_id, counts[task.lane.endpoint_id])
        lanes.looked(task.lane, breaker, found, more=False)
        lanes.ended(task, NOW)
    return task.lane


def taken(lanes: Lanes) -> list[Task]:
    found = []
    while task := lanes.take(NOW):
        found.append(task)
    return found


def test_first_somebody_looks_what_is_due() -> None:
    lanes = Lanes(64)
    lanes.add(["a", "b"])

    assert [(task.lane.endpoint_id, task.delivery) for task in taken(lanes)] == [
        ("a", None),
        ("b", None),
    ]


def test_where_nothing_is_due_the_lane_is_over() -> None:
    lanes = Lanes(64)

    looked(lanes, {"a": 0})

    assert lanes.is_empty


def test_four_are_sent_at_a_time_the_most_urgent_first() -> None:
    lanes = Lanes(64)
    looked(lanes, {"a": 6})

    first = taken(lanes)
    assert [task.delivery.id for task in first] == ["msg_a0", "msg_a1", "msg_a2", "msg_a3"]

    lanes.ended(first[2], NOW)
    assert [task.delivery.id for task in taken(lanes)] == ["msg_a4"]


def test_endpoints_take_turns() -> None:
    lanes = Lanes(64)
    looked(lanes, {"a": 3, "b": 3, "c": 3})

    assert [task.delivery.id for task in taken(lanes)] == [
        "msg_a0", "msg_b0", "msg_c0", "msg_a1", "msg_b1", "msg_c1", "msg_a2", "msg_b2", "msg_c2",
    ]  # fmt: skip


def test_more_than_there_are_slots_wait() -> None:
    lanes = Lanes(5)
    looked(lanes, {"a": 4, "b": 4, "c": 4})

    running = taken(lanes)
    assert Counter(task.lane.endpoint_id for task in running) == {"a": 2, "b": 2, "c": 1}

    lanes.ended(running[0], NOW)
    assert [task.lane.endpoint_id for task in taken(lanes)] == ["c"]


def test_at_a_half_open_endpoint_one_is_tried_alone_and_then_all() -> None:
    lanes = Lanes(64)
    lane = looked(lanes, {"a": 6}, HALF_OPEN)

    (probe,) = taken(lanes)
    lane.breaker = CLOSED
    lanes.ended(probe, NOW)

    assert len(taken(lanes)) == 4


def test_a_probe_that_fails_ends_the_lane() -> None:
    lanes = Lanes(64)
    lane = looked(lanes, {"a": 6}, HALF_OPEN)

    (probe,) = taken(lanes)
    lane.breaker = after_failure(HALF_OPEN, NOW)
    lanes.ended(probe, NOW)

    assert lanes.is_empty


def test_at_an_endpoint_that_is_found_open_nothing_is_begun() -> None:
    """Also at the moment before the look itself has come to its end."""
    lanes = Lanes(64)
    lanes.add("a")
    (look,) = taken(lanes)

    lanes.looked(look.lane, OPEN, due("a", 6), more=False)

    assert taken(lanes) == []


def test_at_an_open_endpoint_nothing_is_sent() -> None:
    lanes = Lanes(64)

    looked(lanes, {"a": 6}, OPEN)

    assert taken(lanes) == []
    assert lanes.is_empty


def test_what_comes_while_somebody_looks_is_looked_for_again() -> None:
    lanes = Lanes(64)
    lanes.add(["a"])
    (look,) = taken(lanes)

    lanes.add(["a"])
    lanes.looked(look.lane, CLOSED, [], more=False)
    lanes.ended(look, NOW)

    (again,) = taken(lanes)
    assert again.delivery is None


def test_what_is_being_sent_is_not_taken_twice() -> None:
    """It is still as it was when the second look reads it before the claim."""
    lanes = Lanes(64)
    lane = looked(lanes, {"a": 1})
    (sending,) = taken(lanes)
    lanes.add(["a"])
    (look,) = taken(lanes)

    lanes.looked(lane, CLOSED, due("a", 2), more=False)
    lanes.ended(look, NOW)

    assert [task.delivery.id for task in taken(lanes)] == ["msg_a1"]
    assert sending.delivery.id == "msg_a0"


def test_where_there_is_more_than_one_look_finds_it_goes_on() -> None:
    lanes = Lanes(64)
    lanes.add(["a"])
    (look,) = taken(lanes)
    lanes.looked(look.lane, CLOSED, due("a", 1), more=True)
    lanes.ended(look, NOW)

    (sending, again) = taken(lanes)

    assert (sending.delivery.id, again.delivery) == ("msg_a0", None)


def test_who_leaves_says_where_something_was_left() -> None:
    lanes = Lanes(64)
    looked(lanes, {"a": 6, "b": 1})
    running = taken(lanes)
    lanes.add(["c"])

    assert sorted(lanes.leave()) == ["a", "c"]
    assert lanes.take(NOW) is None
    for task in running:
        lanes.ended(task, NOW)
    assert lanes.is_empty
    assert lanes.running == 0


def test_one_leads_and_the_others_only_bring() -> None:
    dispatcher = Dispatcher(64)

    assert dispatcher.add(["a"])
    assert not dispatcher.add(["b"])
    assert dispatcher.resign() == ["a", "b"]
    assert dispatcher.add(["a"])


BREAKERS = st.sampled_from([CLOSED, HALF_OPEN, OPEN])
ARRIVALS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9), BREAKERS), max_size=8)


@given(ARRIVALS, st.integers(1, 12), st.randoms(use_true_random=False))
def test_however_it_goes_the_limits_hold_and_all_is_sent_or_its_endpoint_is_open(
    arrivals, slots: int, chance
) -> None:
    lanes, running, sent, wanted = Lanes(slots), [], Counter(), {}
    to_come = {}
    for endpoint_id, count, breaker in arrivals:
        wanted[endpoint_id] = (count, breaker)
        to_come[endpoint_id] = due(endpoint_id, count)
        lanes.add([endpoint_id])
    for _ in range(1000):
        if task := lanes.take(NOW):
            running.append(task)
        elif running:
            task = running.pop(chance.randrange(len(running)))
            lane = task.lane
            if task.delivery:
                sent[task.delivery.id] += 1
                lane.breaker = CLOSED
            else:
                breaker = wanted[lane.endpoint_id][1]
                lanes.looked(lane, breaker, to_come.pop(lane.endpoint_id, []), more=False)
            lanes.ended(task, NOW)
        assert lanes.running == len(running) <= slots
        per_endpoint = Counter(t.lane.endpoint_id for t in running if t.delivery)
        assert all(count <= 4 for count in per_endpoint.values())

    assert lanes.is_empty
    assert set(sent.values()) <= {1}
    for endpoint_id, (count, breaker) in wanted.items():
        expected = 0 if breaker is OPEN else count
        assert sum(each.id in sent for each in due(endpoint_id, count)) == expected


@pytest.mark.parametrize("slots", [1, 64])
def test_an_empty_dispatcher_has_nothing_to_do(slots: int) -> None:
    assert Lanes(slots).take(NOW) is None
    assert Lanes(slots).is_empty
