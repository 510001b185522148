"""A process takes a job by itself only where there is room for one more."""

import pytest

from worker.spare_room import MOST_AT_WORK, MOST_TAKEN, SpareRoom


def test_an_idle_process_takes_so_many_and_no_more() -> None:
    room = SpareRoom()

    assert [room.take(at_work=0) for _ in range(MOST_TAKEN + 1)] == [True] * MOST_TAKEN + [False]


def test_what_is_given_back_can_be_taken_again() -> None:
    room = SpareRoom()
    for _ in range(MOST_TAKEN):
        room.take(at_work=0)

    room.give_back()

    assert room.take(at_work=0)
    assert not room.take(at_work=0)


@pytest.mark.parametrize(("at_work", "is_taken"), [(MOST_AT_WORK - 1, True), (MOST_AT_WORK, False)])
def test_a_busy_process_leaves_it_to_the_queue(at_work, is_taken) -> None:
    assert SpareRoom().take(at_work) is is_taken
