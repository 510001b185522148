"""Edits of a function's syntax tree: each takes one step, condition or order out of it.

What is taken out is found by the names that it uses, never by its text: a call by the name of what
is called, a condition by names that stand in it. A place that is not found, or found more than
once where one is meant, raises NoSuchPlaceError: the fence has moved, or is gone.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any

# Given the tree of a function, edits it in place.
Change = Callable[[ast.FunctionDef], None]
# A function, or the name of one, of a variable or of an attribute.
Used = Callable[..., Any] | type | property | str


class NoSuchPlaceError(LookupError):
    """What is to be edited is not there, or it is not clear which of several places is meant."""


def without(call: Used, nth: int = 0) -> Change:
    """The statement, list element or ** argument that the nth call of it makes up is gone."""

    def change(tree: ast.FunctionDef) -> None:
        place: ast.AST = _nth(_calls(tree, call), nth, call)
        while not _removed(tree, place):
            place = _parent(tree, place)
            if isinstance(place, ast.stmt) and not isinstance(place, (ast.Expr, ast.AugAssign)):
                raise NoSuchPlaceError(f"the call of {_name(call)} does not stand by itself")

    return change


def without_arguments(call: Used, *names: str) -> Change:
    """The calls of it lack these keyword arguments; `**` means what is handed on as a whole."""

    def change(tree: ast.FunctionDef) -> None:
        wanted = {None if name == "**" else name for name in names}
        for found in _some(_calls(tree, call), call):
            left = [each for each in found.keywords if each.arg not in wanted]
            if len(found.keywords) - len(left) != len(wanted):
                raise NoSuchPlaceError(f"{_name(call)} does not get {names}")
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
            if _begins(element, text)
        ]
        outer = [
            (each, element)
            for each, element in found
            if not any(_holds(other, element) for _, other in found)
        ]
        ((elements, element),) = _only(outer, text)
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
            if _name(manager) in _names(item.context_expr)
        ]
        ((block, item),) = _only(blocks, manager)
        block.items.remove(item)
        if not block.items:
            statements, place = _block_of(tree, block)
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
            if handler.type and error.__name__ in _names(handler.type)
        ]
        ((block, handler),) = _only(caught, error)
        block.handlers.remove(handler)
        if not block.handlers:
            statements, place = _block_of(tree, block)
            statements[place : place + 1] = block.body

    return change


def condition(*uses: Used, becomes: bool, nth: int | None = None) -> Change:
    """The smallest condition in which all these names stand is always true, or always false.

    With `nth`, that one of several.
    """

    def change(tree: ast.FunctionDef) -> None:
        wanted = {_name(each) for each in uses}
        found = [each for each in _conditions(tree) if wanted <= _names(each)]
        smallest = [each for each in found if not any(_holds(each, other) for other in found)]
        if nth is not None:
            smallest = smallest[nth : nth + 1]
        (only,) = _only(smallest, " and ".join(sorted(wanted)))
        _replace(tree, only, ast.Constant(becomes))

    return change


def instead_of(call: Used, expression: str, nth: int = 0) -> Change:
    """Where the nth call of it stood, the expression stands."""

    def change(tree: ast.FunctionDef) -> None:
        found = _nth(_calls(tree, call), nth, call)
        _replace(tree, found, ast.parse(expression, mode="eval").body)

    return change


def reading(name: Used, expression: str) -> Change:
    """Where that variable or attribute was read, the expression stands."""

    def change(tree: ast.FunctionDef) -> None:
        found = [
            each
            for each in ast.walk(tree)
            if isinstance(each, (ast.Name, ast.Attribute))
            and isinstance(each.ctx, ast.Load)
            and _name(name) == (each.id if isinstance(each, ast.Name) else each.attr)
        ]
        (only,) = _only(found, name)
        _replace(tree, only, ast.parse(expression, mode="eval").body)

    return change


def raising(call: Used, nth: int = 0) -> Change:
    """Where the nth call of it was returned, its last argument, an error, is raised."""

    def change(tree: ast.FunctionDef) -> None:
        found = _nth(_calls(tree, call), nth, call)
        statement = _parent(tree, found)
        if not isinstance(statement, ast.Return):
            raise NoSuchPlaceError(f"the call of {_name(call)} is not returned")
        statements, place = _block_of(tree, statement)
        statements[place] = ast.Raise(exc=found.args[-1], cause=None)

    return change


def moved(earlier: Used, later: Used) -> Change:
    """The statement that uses the first name comes after the one that uses the second.

    So do elements of a list. Of several pairs in one block, the two closest to each other.
    """

    def change(tree: ast.FunctionDef) -> None:
        for block in _sequences(tree):
            firsts = [n for n, each in enumerate(block) if _name(earlier) in _names(each)]
            seconds = [n for n, each in enumerate(block) if _name(later) in _names(each)]
            pairs = [(n, m) for n in firsts for m in seconds if n < m]
            if pairs:
                first, second = min(pairs, key=lambda pair: pair[1] - pair[0])
                block.insert(second, block.pop(first))
                return
        raise NoSuchPlaceError(f"{_name(earlier)} does not come before {_name(later)}")

    return change


def returning(expression: str) -> Change:
    """It does nothing but return that."""

    def change(tree: ast.FunctionDef) -> None:
        tree.body = [ast.Return(ast.parse(expression, mode="eval").body)]

    return change


def _name(used: Used) -> str:
    if isinstance(used, property):
        used = used.fget or ""
    return used if isinstance(used, str) else used.__name__


def _names(tree: ast.AST) -> set[str]:
    """Every variable and attribute in it."""
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)} | {
        each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)
    }


def _calls(tree: ast.AST, call: Used) -> list[ast.Call]:
    """In the order of the text, an outer call before those in its arguments."""
    found = [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.Call)
        and isinstance(each.func, (ast.Name, ast.Attribute))
        and _called(each.func).split(".")[-len(_name(call).split(".")) :] == _name(call).split(".")
    ]
    return sorted(found, key=lambda each: (each.lineno, each.col_offset))


def _called(function: ast.expr) -> str:
    """Such as `services.jobs.replace`."""
    if isinstance(function, ast.Attribute):
        return f"{_called(function.value)}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def _conditions(tree: ast.AST) -> list[ast.expr]:
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


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    return outer is not inner and any(each is inner for each in ast.walk(outer))


def _sequences(tree: ast.AST) -> Iterator[list[Any]]:
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


def _block_of(tree: ast.AST, statement: ast.stmt) -> tuple[list[ast.stmt], int]:
    for each in ast.walk(tree):
        for block in _blocks(each):
            for place, found in enumerate(block):
                if found is statement:
                    return block, place
    raise NoSuchPlaceError(ast.unparse(statement))


def _parent(tree: ast.AST, child: ast.AST) -> ast.AST:
    return next(
        each
        for each in ast.walk(tree)
        if any(found is child for found in ast.iter_child_nodes(each))
    )


def _removed(tree: ast.AST, place: ast.AST) -> bool:
    """Whether it stood by itself somewhere, and does no more."""
    parent = _parent(tree, place)
    if isinstance(parent, ast.List):
        parent.elts.remove(place)  # type: ignore[arg-type]
        return True
    if isinstance(place, ast.keyword) and place.arg is None and isinstance(parent, ast.Call):
        parent.keywords.remove(place)
        return True
    if isinstance(place, (ast.Expr, ast.AugAssign)):
        block, at = _block_of(tree, place)
        block[at : at + 1] = [] if len(block) > 1 else [ast.Pass()]
        return True
    return False


def _replace(tree: ast.AST, old: ast.expr, new: ast.expr) -> None:
    parent = _parent(tree, old)
    for name, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, name, new)
        elif isinstance(value, list):
            value[:] = [new if each is old else each for each in value]


def _begins(element: ast.expr, text: str) -> bool:
    if isinstance(element, ast.JoinedStr) and element.values:
        element = element.values[0]  # type: ignore[assignment]
    if isinstance(element, ast.Constant):
        return isinstance(element.value, str) and element.value.startswith(text)
    return text in _names(element)


def _nth(found: list[ast.Call], nth: int, what: Used) -> ast.Call:
    if nth >= len(found):
        raise NoSuchPlaceError(f"there is no call of {_name(what)} with the number {nth}")
    return found[nth]


def _some(found: list[ast.Call], what: Used) -> list[ast.Call]:
    if not found:
        raise NoSuchPlaceError(f"nothing calls {_name(what)}")
    return found


def _only(found: list[Any], what: Used) -> list[Any]:
    if len(found) != 1:
        raise NoSuchPlaceError(f"{_name(what)} is there {len(found)} times, not once")
    return found
