"""Matches request paths against ASP.NET route templates in the order in which the host tries."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from devhost.failure import StartFailure
from devhost.route_constraint import Check, compile_constraint

ALL_METHODS = ("GET", "POST", "DELETE", "HEAD", "PATCH", "PUT", "OPTIONS")
RESERVED = ("admin", "runtime")


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP function's door."""

    function_name: str
    methods: tuple[str, ...]
    # Prefix included, without slashes at its ends.
    template: str
    pattern: re.Pattern[str]
    checks: tuple[tuple[str, Check], ...]
    defaults: Mapping[str, str]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The route values, decoded, or None. An absent optional value has no key."""
        if method not in self.methods:
            return None
        match = self.pattern.fullmatch(path.strip("/"))
        if match is None:
            return None
        found = {name: unquote(value) for name, value in match.groupdict().items() if value}
        if all(check(found[name]) for name, check in self.checks if name in found):
            return {**self.defaults, **found}
        return None


def build_route(
    function_name: str, route: str, methods: Iterable[str] | None, prefix: str
) -> Route:
    """The compiled route of one function; raises StartFailure when the host would refuse it."""
    if route.strip("/").lower().startswith(RESERVED):
        raise StartFailure("The specified route conflicts with one or more built in routes.")
    if route.startswith("/") and prefix:
        raise StartFailure(
            f"An error occurred while creating the route with name '{function_name}' and template "
            f"'{prefix}/{route}': the route template separator character '/' cannot appear "
            "consecutively."
        )
    template = "/".join(part for part in (prefix, route.strip("/")) if part)
    parameters: list[_Parameter] = []
    pattern = _compile(template, parameters)
    return Route(
        function_name=function_name,
        methods=tuple(m.upper() for m in methods) if methods else ALL_METHODS,
        template=template,
        pattern=re.compile(pattern, re.IGNORECASE | re.DOTALL),
        checks=tuple((p.name, check) for p in parameters for check in p.checks),
        defaults={p.name: p.default for p in parameters if p.default is not None},
    )


def in_host_order(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The routes as the host tries them: by function name, whatever is more specific.

    Raises StartFailure when two functions have the same route and a method in common.
    """
    ordered = tuple(sorted(routes, key=lambda route: route.function_name.lower()))
    for index, route in enumerate(ordered):
        for earlier in ordered[:index]:
            if _conflict(route, earlier):
                raise StartFailure(
                    f"The '{route.function_name}' function is in error: The route specified "
                    f"conflicts with the route defined by function '{earlier.function_name}'."
                )
    return ordered


def _conflict(one: Route, other: Route) -> bool:
    is_same = one.template.lower() == other.template.lower()
    return is_same and bool(set(one.methods) & set(other.methods))


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    is_catch_all: bool
    is_optional: bool
    default: str | None
    checks: tuple[Check, ...]


def _compile(template: str, parameters: list[_Parameter]) -> str:
    pattern = ""
    for segment in _split_outside_braces(template, "/"):
        pieces = [_piece(piece, parameters) for piece in _pieces(segment)]
        text = "".join(pieces)
        last = parameters[-1] if segment.endswith("}") and parameters else None
        is_whole = len(pieces) == 1 and last is not None
        separator = "/" if pattern else ""
        if is_whole and last and (last.is_optional or last.is_catch_all or last.default):
            pattern += f"(?:{separator}{text})?"
        else:
            pattern += separator + text
    return pattern


def _piece(piece: str, parameters: list[_Parameter]) -> str:
    if not piece.startswith("{"):
        return re.escape(piece)
    parameter = _parameter(piece[1:-1])
    if parameter.name.lower() in (known.name.lower() for known in parameters):
        raise StartFailure(f"The route parameter name '{parameter.name}' appears more than once.")
    parameters.append(parameter)
    return f"(?P<{parameter.name}>{'.*' if parameter.is_catch_all else '[^/]+?'})"


def _parameter(text: str) -> _Parameter:
    is_catch_all = text.startswith("*")
    head, *constraints = _split_outside_braces(text.lstrip("*"), ":", opening="(", closing=")")
    tail = constraints[-1] if constraints else head
    default: str | None = None
    is_optional = tail.endswith("?")
    if is_optional:
        tail = tail[:-1]
    elif "=" in tail and "(" not in tail:
        tail, _, default = tail.partition("=")
    if constraints:
        constraints[-1] = tail
    else:
        head = tail
    if not head.isidentifier():
        raise StartFailure(f"The route parameter name '{head}' is invalid.")
    checks = tuple(compile_constraint(each) for each in constraints)
    return _Parameter(head, is_catch_all, is_optional, default, checks)


def _pieces(segment: str) -> list[str]:
    """A segment cut into literals and {parameters}; braces inside a regex are doubled."""
    pieces = re.findall(r"\{(?:[^{}]|\{\{|\}\})*\}|[^{}]+", segment)
    if "".join(pieces) != segment:
        raise StartFailure(f"The route template has unbalanced braces: '{segment}'.")
    return pieces


def _split_outside_braces(
    text: str, separator: str, opening: str = "{", closing: str = "}"
) -> list[str]:
    parts, depth = [""], 0
    for character in text:
        depth += (character == opening) - (character == closing)
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
