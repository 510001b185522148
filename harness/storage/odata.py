"""Reads the filters of table queries, as far as anybody here writes them."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from azure.data.tables import EntityProperty

TOKEN = re.compile(
    r"\s*(?:(?P<mark>[()])|(?P<date>datetime'[^']*')|(?P<text>'(?:[^']|'')*')|(?P<number>\d+)L?"
    r"|@(?P<parameter>\w+)|(?P<word>\w+))"
)
OPERATORS = {"eq": eq, "ne": ne, "gt": gt, "ge": ge, "lt": lt, "le": le}

Row = dict[str, Any]
Condition = Callable[[Row, Row], Any]


@lru_cache
def condition(text: str) -> Condition:
    """A function of a row and the parameters; raises ValueError for what it cannot read."""
    tokens = list(_tokens(text))
    read, rest = _either(tokens)
    if rest:
        raise ValueError(f"{rest} is left of {text!r}")
    return read


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while text[place:].strip():
        match = TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"{text[place:]!r} cannot be read")
        assert match.lastgroup is not None
        yield match.lastgroup, match[match.lastgroup]
        place = match.end()


def _either(tokens: list[tuple[str, str]]) -> tuple[Condition, list[tuple[str, str]]]:
    left, tokens = _both(tokens)
    while tokens and tokens[0] == ("word", "or"):
        right, tokens = _both(tokens[1:])
        left = _joined(left, right, any)
    return left, tokens


def _both(tokens: list[tuple[str, str]]) -> tuple[Condition, list[tuple[str, str]]]:
    left, tokens = _single(tokens)
    while tokens and tokens[0] == ("word", "and"):
        right, tokens = _single(tokens[1:])
        left = _joined(left, right, all)
    return left, tokens


def _joined(left: Condition, right: Condition, how: Callable[..., bool]) -> Condition:
    return lambda row, given: how(each(row, given) for each in (left, right))


def _single(tokens: list[tuple[str, str]]) -> tuple[Condition, list[tuple[str, str]]]:
    if tokens[0] == ("word", "not"):
        inner, tokens = _single(tokens[1:])
        return (lambda row, given: not inner(row, given)), tokens
    if tokens[0] == ("mark", "("):
        inner, tokens = _either(tokens[1:])
        return inner, tokens[1:]
    (_, column), (_, name), value = tokens[:3]
    compare, read = OPERATORS[name], _value(*value)

    def compared(row: Row, given: Row) -> bool:
        value = row.get(column)
        if isinstance(value, EntityProperty):
            value = value.value
        return value is not None and compare(value, read(given))

    return compared, tokens[3:]


def _value(kind: str, text: str) -> Callable[[Row], Any]:
    if kind == "parameter":
        return lambda given: given[text]
    if kind == "text":
        value: Any = text[1:-1].replace("''", "'")
    elif kind == "date":
        value = datetime.fromisoformat(text[len("datetime'") : -1])
    elif kind == "number":
        value = int(text)
    else:
        value = {"true": True, "false": False}[text]
    return lambda _: value
