"""Edits of functions: what each takes out, and that it says when there is nothing to take out."""

import contextlib

import pytest

from harness.chaos.fences.edits import (
    condition,
    instead_of,
    moved,
    raising,
    reading,
    returning,
    without,
    without_arguments,
    without_element,
    without_except,
    without_with,
)
from harness.chaos.fences.fence import Fence, StandIn, as_it_is, at, taken_out
from harness.chaos.fences.tree import NoSuchPlaceError


class Refused(Exception):
    pass


def note(told, word, **more):
    told.append((word, *more.values()))


def sent(told, word, **more):
    told.append((word, *more.values()))


def refuse(error):
    return str(error)


@contextlib.contextmanager
def marked(told):
    told.append("begin")
    yield
    told.append("end")


def course(told, limit=3, **options):
    note(told, "first", size=1)
    with marked(told):
        if limit > 2 and told:
            sent(told, "second", **options)
    try:
        if limit == 9:
            raise Refused  # noqa: TRY301 -- so that there is something to catch
    except Refused:
        return refuse(Refused("no"))
    told.extend(["one", f"--two={limit}"])
    return max(limit, 5)


class Box:
    @property
    def size(self):
        return len(self.content())

    def content(self, *, most=2):
        return "abc"[:most]


ALL = [("first", 1), "begin", ("second", 7), "end", "one", "--two=3"]


def run(**changed):
    told = []
    answer = course(told, z=7, **changed)
    return told, answer


def lacking(*changes, place=course):
    return taken_out(Fence("any", (at(place, *changes),)))


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (without(note), ALL[1:]),
        (without(sent), [*ALL[:2], *ALL[3:]]),
        (without_arguments(note, "size"), [("first",), *ALL[1:]]),
        (without_arguments(sent, "**"), [*ALL[:2], ("second",), *ALL[3:]]),
        (without_element("--two="), ALL[:-1]),
        (without_with(marked), [ALL[0], ALL[2], *ALL[4:]]),
        (condition("limit", "told", becomes=False), [*ALL[:2], *ALL[3:]]),
        (moved(note, sent), [*ALL[1:4], ALL[0], *ALL[4:]]),
        (moved(sent, marked), None),
        (instead_of(note, "told.append(0)"), [0, *ALL[1:]]),
    ],
)
def test_a_step_is_gone_or_in_another_order(change, left):
    if left is None:
        with pytest.raises(NoSuchPlaceError), lacking(change):
            pass
        return
    with lacking(change):
        assert run() == (left, 5)

    assert run() == (ALL, 5)


def test_a_condition_holds_always():
    with lacking(condition("limit", "told", becomes=True)):
        assert run(limit=1)[0][2] == ("second", 7)


def test_the_smallest_condition_is_meant():
    with lacking(condition("limit", becomes=True, nth=0)):
        assert run(limit=1)[0][2] == ("second", 7)


def test_an_error_is_not_caught():
    with pytest.raises(Refused), lacking(without_except(Refused)):
        run(limit=9)


def test_an_error_is_raised_instead_of_handled():
    with pytest.raises(Refused, match="no"), lacking(raising(refuse)):
        run(limit=9)


def test_another_value_is_read_or_returned():
    with lacking(reading("told", "None"), place=refuse_all):
        assert refuse_all(["x"]) is None
    with lacking(returning("8")):
        assert run() == ([], 8)


def refuse_all(told):
    return told


def test_methods_and_properties_of_objects_that_live_already():
    box = Box()

    with lacking(instead_of(len, "8"), place=Box.size):
        assert box.size == 8
    with lacking(reading("most", "1"), place=Box.content):
        assert box.size == 1
    assert box.size == 2


def test_another_function_stands_in_and_may_use_the_real_one():
    real = as_it_is(Box.content)
    fence = Fence("any", (StandIn(Box.content, lambda box, **_: real(box, most=3) * 2),))

    with taken_out(fence):
        assert Box().content(most=1) == "abcabc"
    assert Box().content() == "ab"


@pytest.mark.parametrize(
    "change",
    [
        without("nothing of that name"),
        without(note, 1),
        without(max),
        without_arguments(note, "colour"),
        without_element("--three"),
        without_with("lock"),
        without_except(ValueError),
        condition("colour", becomes=True),
        condition("limit", becomes=True),  # there are two
        instead_of("colour", "1"),
        reading("limit", "1"),  # there are several
        raising(note),
        moved(max, note),
    ],
)
def test_what_is_not_there_or_not_clear_cannot_be_taken_out(change):
    with pytest.raises(NoSuchPlaceError), lacking(change):
        pass
    assert run() == (ALL, 5)
