"""Edits of a function's syntax tree: each takes one step, condition or order out of it.

What is taken out is found by the names that it uses, never by its text: a call by the name of what
is called, a condition by names that stand in it. A place that is not found, or found more than
once where one is meant, raises NoSuchPlaceError: the fence has moved, or is gone.
"""

import ast
from collections.abc import Callable

from harness.chaos.fences.tree import (
    NoSuchPlaceError,
    Used,
    begins,
    block_of,
    calls_of,
    conditions_in,
    holds,
    name_of,
    names_in,
    nth_of,
    only_of,
    parent_of,
    put_in_place,
    sequences_in,
    some_of,
    was_removed,
)
from lifecycle import failpoints

REACHED = name_of(failpoints.reached)
# Given the tree of a function, edits it in place.
Change = Callable[[ast.FunctionDef], None]


def without(call: Used, nth: int = 0) -> Change:
    """The statement, list element or ** argument that the nth call of it makes up is gone."""

    def change(tree: ast.FunctionDef) -> None:
        place: ast.AST = nth_of(calls_of(tree, call), nth, call)
        while not was_removed(tree, place):
            place = parent_of(tree, place)
            if isinstance(place, ast.stmt) and not isinstance(place, (ast.Expr, ast.AugAssign)):
                raise NoSuchPlaceError(f"the call of {name_of(call)} does not stand by itself")

    return change


def without_arguments(call: Used, *names: str) -> Change:
    """The calls of it lack these keyword arguments; `**` means what is handed on as a whole."""

    def change(tree: ast.FunctionDef) -> None:
        wanted = {None if name == "**" else name for name in names}
        for found in some_of(calls_of(tree, call), call):
            left = [each for each in found.keywords if each.arg not in wanted]
            if len(found.keywords) - len(left) != len(wanted):
                raise NoSuchPlaceError(f"{name_of(call)} does not get {names}")
            found.keywords = left

    return change


def without_element(text: str) -> Change:
    """The list or tuple lacks the element whose literal text, or name, begins so."""

    def change(tree: ast.FunctionDef) -> None:
        found = [
            (each, element)
            for each in ast.walk(tree)
            if isinstance(each, (ast.List, ast.Tuple))
            for element in each.elts
            if begins(element, text)
        ]
        outer = [
            (each, element)
            for each, element in found
            if not any(holds(other, element) for _, other in found)
        ]
        ((elements, element),) = only_of(outer, text)
        elements.elts.remove(element)

    return change


def without_with(manager: Used) -> Change:
    """The block of that context manager goes on without it."""

    def change(tree: ast.FunctionDef) -> None:
        blocks = [
            (each, item)
            for each in ast.walk(tree)
            if isinstance(each, ast.With)
            for item in each.items
            if name_of(manager) in names_in(item.context_expr)
        ]
        ((block, item),) = only_of(blocks, manager)
        block.items.remove(item)
        if not block.items:
            statements, place = block_of(tree, block)
            statements[place : place + 1] = block.body

    return change


def without_except(error: type[BaseException]) -> Change:
    """Nobody catches this error there."""

    def change(tree: ast.FunctionDef) -> None:
        caught = [
            (each, handler)
            for each in ast.walk(tree)
            if isinstance(each, ast.Try)
            for handler in each.handlers
            if handler.type and error.__name__ in names_in(handler.type)
        ]
        ((block, handler),) = only_of(caught, error)
        block.handlers.remove(handler)
        if not block.handlers:
            statements, place = block_of(tree, block)
            statements[place : place + 1] = block.body

    return change


def condition(*uses: Used, becomes: bool, nth: int | None = None) -> Change:
    """The smallest condition in which all these names stand is always true, or always false.

    With `nth`, that one of several.
    """

    def change(tree: ast.FunctionDef) -> None:
        wanted = {name_of(each) for each in uses}
        found = [each for each in conditions_in(tree) if wanted <= names_in(each)]
        smallest = [each for each in found if not any(holds(each, other) for other in found)]
        if nth is not None:
            smallest = smallest[nth : nth + 1]
        (only,) = only_of(smallest, " and ".join(sorted(wanted)))
        put_in_place(tree, only, ast.Constant(becomes))

    return change


def instead_of(call: Used, expression: str, nth: int = 0) -> Change:
    """Where the nth call of it stood, the expression stands."""

    def change(tree: ast.FunctionDef) -> None:
        found = nth_of(calls_of(tree, call), nth, call)
        put_in_place(tree, found, ast.parse(expression, mode="eval").body)

    return change


def reading(name: Used, expression: str) -> Change:
    """Where that variable or attribute was read, the expression stands."""

    def change(tree: ast.FunctionDef) -> None:
        found = [
            each
            for each in ast.walk(tree)
            if isinstance(each, (ast.Name, ast.Attribute))
            and isinstance(each.ctx, ast.Load)
            and name_of(name) == (each.id if isinstance(each, ast.Name) else each.attr)
        ]
        (only,) = only_of(found, name)
        put_in_place(tree, only, ast.parse(expression, mode="eval").body)

    return change


def raising(call: Used, nth: int = 0) -> Change:
    """Where the nth call of it was returned, its last argument, an error, is raised."""

    def change(tree: ast.FunctionDef) -> None:
        found = nth_of(calls_of(tree, call), nth, call)
        statement = parent_of(tree, found)
        if not isinstance(statement, ast.Return):
            raise NoSuchPlaceError(f"the call of {name_of(call)} is not returned")
        statements, place = block_of(tree, statement)
        statements[place] = ast.Raise(exc=found.args[-1], cause=None)

    return change


def moved(earlier: Used, later: Used) -> Change:
    """The statement that uses the first name comes after the one that uses the second.

    So do elements of a list. Of several pairs in one block, the two closest to each other. The
    moment that is named right after a step belongs to it: who dies there has done no more.
    """

    def change(tree: ast.FunctionDef) -> None:
        for block in sequences_in(tree):
            firsts = [n for n, each in enumerate(block) if name_of(earlier) in names_in(each)]
            seconds = [n for n, each in enumerate(block) if name_of(later) in names_in(each)]
            pairs = [(n, m) for n in firsts for m in seconds if n < m]
            if pairs:
                first, second = min(pairs, key=lambda pair: pair[1] - pair[0])
                second += any(REACHED in names_in(each) for each in block[second + 1 : second + 2])
                block.insert(second, block.pop(first))
                return
        raise NoSuchPlaceError(f"{name_of(earlier)} does not come before {name_of(later)}")

    return change


def returning(expression: str) -> Change:
    """It does nothing but return that."""

    def change(tree: ast.FunctionDef) -> None:
        tree.body = [ast.Return(ast.parse(expression, mode="eval").body)]

    return change
