"""The way to storage: how calls arrive there, what is told of them, and what may go wrong."""

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Protocol, TypeVar

Answer = TypeVar("Answer")


class Chance(Enum):
    """What may happen to a call, or not."""

    IN_BLOCKS = auto()  # a file is sent in blocks, which nobody sees before they are committed
    RESULT_DAMAGED = auto()
    DOWNLOAD_CUT = auto()


@dataclass(frozen=True, slots=True)
class Patience:
    """Of the sender of a call: for how long it waits for all its tries together."""

    seconds: float = float("inf")
    tries: int = 5


ENDLESS = Patience()


class Way(Protocol):
    """What the stores need to know of whatever lies between them and their callers."""

    who: str  # whose call is applied now

    @property
    def now(self) -> datetime:
        """Storage's own time."""

    @property
    def now_s(self) -> float:
        """The same in seconds, since any moment."""

    @property
    def page_size(self) -> int:
        """Of listings and queries."""

    @property
    def caller(self) -> str:
        """Who acts at this moment."""

    def new_etag(self) -> str:
        """Never the same twice."""

    def happens(self, what: Chance) -> bool:
        """Whether it does this time."""

    def call(self, name: str, apply: Callable[[], Answer], patience: Patience = ENDLESS) -> Answer:
        """One call of the SDK; `apply` is what it does when it arrives, without interruption."""

    def note(self, what: str, about: str = "", **facts: object) -> None:
        """Takes down an effect of the present call."""


class StraightWay:
    """Every call arrives, one at a time, from whatever thread; nobody takes anything down."""

    who = caller = "anybody"
    page_size = 5000

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)

    @property
    def now(self) -> datetime:
        """The machine's own time."""
        return datetime.now(UTC)

    @property
    def now_s(self) -> float:
        """The same."""
        return time.time()

    def new_etag(self) -> str:
        """Never the same twice."""
        return f"0x{next(self._numbers):X}"

    def happens(self, what: Chance) -> bool:
        """Never."""
        return False

    def call(self, name: str, apply: Callable[[], Answer], patience: Patience = ENDLESS) -> Answer:
        """At once."""
        with self._lock:
            return apply()

    def note(self, what: str, about: str = "", **facts: object) -> None:
        """To nobody."""
