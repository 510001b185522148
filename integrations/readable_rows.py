"""Rows that somebody edited, or another version wrote: each hurts its own thing alone."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from errors import InvalidOptionError, UnreadableRowError

T = TypeVar("T")

log = logging.getLogger("mediaprocessor")
# What reading such a row may end with; of a deeply nested text also the last.
FAULTS = (AttributeError, KeyError, TypeError, ValueError, InvalidOptionError, RecursionError)
MOST_TOLD = 1000


def read(entity: Any, as_what: Callable[[Any], T]) -> T:
    """What the row says, each of its values of the type that its field declares.

    Raises UnreadableRowError where it says anything else.
    """
    try:
        value = as_what(entity)
    except FAULTS as error:
        raise UnreadableRowError(entity["RowKey"]) from error
    if not _is_typed(value):
        raise UnreadableRowError(entity["RowKey"])
    return value


def readable(entities: Iterable[Any], as_what: Callable[[Any], T]) -> Iterator[T]:
    """What the rows say that can be read; of each other one the log tells, once in a process."""
    for entity in entities:
        try:
            yield read(entity, as_what)
        except UnreadableRowError:
            _tell_once(entity["PartitionKey"], entity["RowKey"])


def _is_typed(value: Any) -> bool:
    """Whether the fields of a dataclass, and of those in it, are as they are declared."""
    if not is_dataclass(value):
        return True
    found = ((getattr(value, name), types) for name, types in _types_of(value.__class__))
    return all(isinstance(each, types) and _is_typed(each) for each, types in found)


@cache
def _types_of(kind: Any) -> tuple[tuple[str, tuple[type, ...]], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, _plain_types(hints[field.name])) for field in fields(kind))


def _plain_types(hint: Any) -> tuple[type, ...]:
    """What isinstance() can tell of a type; a number without a fraction is one with one as well."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return tuple(kind for each in get_args(hint) for kind in _plain_types(each))
    kind = origin or hint
    return (float, int) if kind is float else (kind,)


@lru_cache(MOST_TOLD)
def _tell_once(partition: str, key: str) -> None:
    log.error("row %s of %s is left alone. %s", key, partition, UnreadableRowError(key))
