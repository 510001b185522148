"""Finds places in the syntax tree of a function by the names that stand there."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

# A function, or the name of one, of a variable or of an attribute.
Used = Callable[..., Any] | type | property | str


class NoSuchPlaceError(LookupError):
    """What is to be edited is not there, or it is not clear which of several places is meant."""


def name_of(used: Used) -> str:
    if isinstance(used, property):
        used = used.fget or ""
    return used if isinstance(used, str) else used.__name__


def names_in(tree: ast.AST) -> set[str]:
    """Every variable and attribute in it."""
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)} | {
        each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)
    }


def calls_of(tree: ast.AST, call: Used) -> list[ast.Call]:
    """In the order of the text, an outer call before those in its arguments."""
    end = f".{name_of(call)}"
    found = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.Call) and f".{_called(each.func)}".endswith(end)
    ]
    return sorted(found, key=lambda each: (each.lineno, each.col_offset))


def _called(function: ast.expr) -> str:
    """Such as `services.jobs.replace`."""
    if isinstance(function, ast.Attribute):
        return f"{_called(function.value)}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def conditions_in(tree: ast.AST) -> list[ast.expr]:
    """In the order of the text."""
    found = {id(each): each for each in _all_conditions(tree)}
    return sorted(found.values(), key=lambda each: (each.lineno, each.col_offset))


def _all_conditions(tree: ast.AST) -> Iterator[ast.expr]:
    for each in ast.walk(tree):
        if isinstance(each, (ast.If, ast.While, ast.IfExp)):
            yield each.test
        elif isinstance(each, ast.BoolOp):
            yield from each.values
        elif isinstance(each, ast.Compare) or (
            isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Not)
        ):
            yield each


def holds(outer: ast.AST, inner: ast.AST) -> bool:
    return outer is not inner and any(each is inner for each in ast.walk(outer))


def sequences_in(tree: ast.AST) -> Iterator[list[Any]]:
    """Blocks of statements, and the elements of lists; the innermost first."""
    for each in reversed(list(ast.walk(tree))):
        if isinstance(each, ast.List):
            yield each.elts
        yield from _blocks(each)


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(tree, name, None)
        if isinstance(block, list):
            yield block


def block_of(tree: ast.AST, statement: ast.stmt) -> tuple[list[ast.stmt], int]:
    for each in ast.walk(tree):
        for block in _blocks(each):
            for place, found in enumerate(block):
                if found is statement:
                    return block, place
    raise NoSuchPlaceError(ast.unparse(statement))


def parent_of(tree: ast.AST, child: ast.AST) -> ast.AST:
    return next(
        each
        for each in ast.walk(tree)
        if any(found is child for found in ast.iter_child_nodes(each))
    )


def was_removed(tree: ast.AST, place: ast.AST) -> bool:
    """Whether it stood by itself somewhere, and does no more."""
    parent = parent_of(tree, place)
    if isinstance(parent, ast.List) and isinstance(place, ast.expr):
        parent.elts.remove(place)
        return True
    if isinstance(place, ast.keyword) and place.arg is None and isinstance(parent, ast.Call):
        parent.keywords.remove(place)
        return True
    if isinstance(place, (ast.Expr, ast.AugAssign)):
        block, at = block_of(tree, place)
        block[at : at + 1] = [] if len(block) > 1 else [ast.Pass()]
        return True
    return False


def put_in_place(tree: ast.AST, old: ast.expr, new: ast.expr) -> None:
    parent = parent_of(tree, old)
    for name, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, name, new)
        elif isinstance(value, list):
            value[:] = [new if each is old else each for each in value]


def begins(element: ast.expr, text: str) -> bool:
    if isinstance(element, ast.JoinedStr) and element.values:
        element = element.values[0]
    if isinstance(element, ast.Constant):
        return isinstance(element.value, str) and element.value.startswith(text)
    return text in names_in(element)


def nth_of(found: list[ast.Call], nth: int, what: Used) -> ast.Call:
    if nth >= len(found):
        raise NoSuchPlaceError(f"there is no call of {name_of(what)} with the number {nth}")
    return found[nth]


def some_of(found: list[ast.Call], what: Used) -> list[ast.Call]:
    if not found:
        raise NoSuchPlaceError(f"nothing calls {name_of(what)}")
    return found


def only_of(found: list[Any], what: Used) -> list[Any]:
    if len(found) != 1:
        raise NoSuchPlaceError(f"{name_of(what)} is there {len(found)} times, not once")
    return found
