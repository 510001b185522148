"""Decides whether a route value satisfies an ASP.NET constraint such as int or length(3,8)."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime

from devhost.failure import StartFailure

INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)
Check = Callable[[str], bool]


def compile_constraint(text: str) -> Check:
    """The check for one constraint; raises StartFailure for one that ASP.NET does not have."""
    name, _, rest = text.partition("(")
    arguments = rest[:-1] if rest.endswith(")") else ""
    if rest and name in WITH_ARGUMENTS:
        try:
            return WITH_ARGUMENTS[name](arguments)
        except (ValueError, re.error) as error:
            raise StartFailure(f"The constraint '{text}' cannot be understood: {error}") from error
    if text in PLAIN:
        return PLAIN[text]
    raise StartFailure(f"The constraint reference '{name}' could not be resolved to a type.")


def _whole_number(allowed: range) -> Check:
    return lambda value: bool(re.fullmatch(r"[+-]?\d+", value)) and int(value) in allowed


def _parses(parse: Callable[[str], object]) -> Check:
    def check(value: str) -> bool:
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return check


def _numbers(arguments: str) -> list[int]:
    return [int(each) for each in arguments.split(",")]


def _length(arguments: str) -> Check:
    low, *high = _numbers(arguments)
    return lambda value: low <= len(value) <= (high[0] if high else low)


def _between(low: int, high: int) -> Check:
    is_number = _whole_number(INT64)
    return lambda value: is_number(value) and low <= int(value) <= high


def _range(arguments: str) -> Check:
    low, high = _numbers(arguments)
    return _between(low, high)


def _min_length(arguments: str) -> Check:
    low = int(arguments)
    return lambda value: len(value) >= low


def _max_length(arguments: str) -> Check:
    high = int(arguments)
    return lambda value: len(value) <= high


def _regex(arguments: str) -> Check:
    # In a template, braces that belong to the expression are doubled.
    pattern = re.compile(arguments.replace("{{", "{").replace("}}", "}"), re.IGNORECASE)
    return lambda value: pattern.search(value) is not None


PLAIN: dict[str, Check] = {
    "int": _whole_number(INT32),
    "long": _whole_number(INT64),
    "bool": lambda value: value.lower() in ("true", "false"),
    "alpha": lambda value: re.fullmatch(r"[a-zA-Z]*", value) is not None,
    "guid": _parses(uuid.UUID),
    "datetime": _parses(datetime.fromisoformat),
    "decimal": _parses(float),
    "double": _parses(float),
    "float": _parses(float),
    "required": bool,
}
WITH_ARGUMENTS: dict[str, Callable[[str], Check]] = {
    "length": _length,
    "minlength": _min_length,
    "maxlength": _max_length,
    "min": lambda arguments: _between(int(arguments), INT64.stop),
    "max": lambda arguments: _between(INT64.start, int(arguments)),
    "range": _range,
    "regex": _regex,
}
