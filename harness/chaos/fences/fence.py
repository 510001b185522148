"""A fence: one piece of the code's care, how it is taken out while the code runs, who notices."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from harness.chaos.fences.edits import Change
from harness.chaos.fences.tree import NoSuchPlaceError

KEPT = ExitStack()
# Any function of the code, a method or a property of its classes too.
Place = Callable[..., Any] | property


@dataclass(frozen=True, slots=True)
class Edit:
    """Changes of one function."""

    place: Place
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class StandIn:
    """Another function in the place of one; it is called as that is."""

    place: Place
    other: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Fence:
    """What goes wrong without it is its name."""

    name: str
    edits: tuple[Edit | StandIn, ...]
    # Below tests/, which fails without it; where there is none, the checker of histories notices.
    test: str | None = None
    in_children: bool = False  # the test runs the code in another Python


def function_of(place: Place) -> FunctionType:
    """The function itself, within decorators and properties."""
    inner = place.fget if isinstance(place, property) else place
    found = inspect.unwrap(inner) if inner else None
    if not isinstance(found, FunctionType) or found.__code__.co_freevars:
        raise NoSuchPlaceError(f"{place} is not a function of a module or a class")
    return found


def at(place: Place, *changes: Change) -> Edit:
    """These changes of that function."""
    return Edit(place, changes)


def as_it_is(place: Place) -> Callable[..., Any]:
    """A copy that stays whole when an edit is made."""
    real = function_of(place)
    copy = FunctionType(
        real.__code__, real.__globals__, real.__name__, real.__defaults__, real.__closure__
    )
    copy.__kwdefaults__ = real.__kwdefaults__
    return copy


@contextmanager
def taken_out(fence: Fence) -> Iterator[None]:
    """Within the block the code lacks the fence, for whoever has imported it and however.

    Raises NoSuchPlaceError where what it takes out is not there any more.
    """
    with ExitStack() as stack:
        for edit in fence.edits:
            stack.enter_context(_edited(edit))
        yield


def take_out(fence: Fence) -> None:
    """The same for as long as this process lives."""
    KEPT.enter_context(taken_out(fence))


@contextmanager
def _edited(edit: Edit | StandIn) -> Iterator[None]:
    """The function object stays the same one, and gets other code."""
    function = function_of(edit.place)
    real = (function.__code__, function.__defaults__, function.__kwdefaults__)
    if isinstance(edit, StandIn):
        function.__globals__[_word(edit)] = edit.other
        function.__defaults__, function.__kwdefaults__ = None, None
    function.__code__ = _code(edit)
    try:
        yield
    finally:
        function.__code__, function.__defaults__, function.__kwdefaults__ = real
        function.__globals__.pop(_word(edit), None)


@cache
def _code(edit: Edit | StandIn) -> CodeType:
    function = function_of(edit.place)
    if isinstance(edit, StandIn):
        source = f"def {function.__name__}(*given, **named): return {_word(edit)}(*given, **named)"
        tree = ast.parse(source)
    else:
        tree = _tree(function)
        for change in edit.changes:
            before = ast.dump(tree)
            change(tree.body[0])  # type: ignore[arg-type]
            if ast.dump(tree) == before:
                raise NoSuchPlaceError(f"an edit of {function.__qualname__} changes nothing")
        ast.fix_missing_locations(tree)
    made: dict[str, Any] = {}
    exec(compile(tree, function.__code__.co_filename, "exec"), {}, made)
    code: CodeType = made[function.__name__].__code__
    return code


def _tree(function: FunctionType) -> ast.Module:
    """Only what the function does: no decorator, no default, no annotation."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    ast.increment_lineno(tree, function.__code__.co_firstlineno - 1)
    (definition,) = tree.body
    if not isinstance(definition, ast.FunctionDef):
        raise NoSuchPlaceError(f"{function} is not a plain function")
    definition.decorator_list, definition.returns = [], None
    arguments = definition.args
    arguments.defaults, arguments.kw_defaults = [], [None for _ in arguments.kwonlyargs]
    for each in ast.walk(arguments):
        if isinstance(each, ast.arg):
            each.annotation = None
    return tree


def _word(edit: Edit | StandIn) -> str:
    return f"_instead_of_{function_of(edit.place).__name__}"
