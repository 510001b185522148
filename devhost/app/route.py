"""Matches request paths against ASP.NET route templates in the order in which the host tries."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from devhost.failure import StartFailure

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
    defaults: Mapping[str, str]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The route values, decoded, or None. An absent optional value has no key."""
        if method not in self.methods:
            return None
        match = self.pattern.fullmatch(path.strip("/"))
        if match is None:
            return None
        found = {name: unquote(value) for name, value in match.groupdict().items() if value}
        return {**self.defaults, **found}


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


def _compile(template: str, parameters: list[_Parameter]) -> str:
    pattern = ""
    for segment in template.split("/"):
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
    name = text.lstrip("*")
    is_optional = name.endswith("?")
    name, has_default, default = name.removesuffix("?").partition("=")
    if ":" in name:
        raise StartFailure(f"devhost knows no constraints of route parameters: '{text}'.")
    if not name.isidentifier():
        raise StartFailure(f"The route parameter name '{name}' is invalid.")
    return _Parameter(name, text.startswith("*"), is_optional, default if has_default else None)


def _pieces(segment: str) -> list[str]:
    """A segment cut into literals and {parameters}."""
    pieces = re.findall(r"\{[^{}]*\}|[^{}]+", segment)
    if "".join(pieces) != segment:
        raise StartFailure(f"The route template has unbalanced braces: '{segment}'.")
    return pieces
