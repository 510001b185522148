"""A mutation as an edit: the code's own text with one condition, step or order taken out."""

import inspect
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from tests.chaos.simulation.mutations.registry import MUTATIONS, replaced


def edit(mutation: str, place: Any, function: str, text: str, instead: str = "") -> None:
    """Registers a mutation: in `place.function` stands `instead` where `text` stood."""
    MUTATIONS[mutation] = partial(edited, place, function, text, instead)


def rewritten(where: str, source: str, text: str, instead: str) -> str:
    """The source with `instead` where it says `text`.

    Raises LookupError where it says something else by now: the fence has moved, or is gone.
    """
    if source.count(text) != 1:
        raise LookupError(f"{where} does not say once: {text}")
    return source.replace(text, instead)


@contextmanager
def edited(place: Any, function: str, text: str, instead: str) -> Iterator[None]:
    """Within the block the code is rewritten; raises LookupError as that does."""
    real = inspect.unwrap(getattr(place, function))
    source = textwrap.dedent(inspect.getsource(real))
    made: dict[str, Any] = {}
    exec(rewritten(real.__qualname__, source, text, instead), real.__globals__, made)
    with ExitStack() as stack:
        for user in _users(place, function):
            stack.enter_context(replaced(user, function, made[real.__name__]))
        yield


def _users(place: Any, function: str) -> list[Any]:
    """The place, and the modules that have imported the function from there by its name."""
    real = getattr(place, function)
    modules = list(sys.modules.values()) if inspect.ismodule(place) else []
    return [
        place,
        *(each for each in modules if each is not place and vars(each).get(function) is real),
    ]
