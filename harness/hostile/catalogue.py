"""The list that each bomb is entered in, with what has to be answered to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

OK = "completed"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a bomb is made, and whom it may try to reach."""

    folder: Path  # for the maker's own use
    canary: Path  # a video of another job
    port: int  # on 127.0.0.1, where nobody may call


@dataclass(frozen=True, slots=True)
class Bomb:
    """A hostile or absurd file."""

    name: str
    make: Callable[[Scene], bytes]
    expected: tuple[str, ...]  # error codes, or OK; any of them is right
    source_name: str  # which lies, and is never looked at
    banned: bytes  # must not be in the result; empty: nothing is
    options: dict[str, object] = field(default_factory=dict)


BOMBS: dict[str, Bomb] = {}

Maker = Callable[[Scene], bytes]


def bomb(
    *expected: str, named: str = "in", banned: bytes = b"", **options: object
) -> Callable[[Maker], Maker]:
    """Enter a maker under its own name, written with hyphens."""

    def enter(make: Maker) -> Maker:
        name = make.__name__.replace("_", "-")
        BOMBS[name] = Bomb(name, make, expected, named, banned, options)
        return make

    return enter
