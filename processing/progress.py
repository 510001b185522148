"""How far a compression has come, and whom that is told."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class Stage(StrEnum):
    """What a compression is doing."""

    PROBING = "probing"
    ENCODING = "encoding"
    VERIFYING = "verifying"


class Progress(NamedTuple):
    """How far a compression has come."""

    stage: Stage
    percent: float  # 0 to 100; never goes back
    speed: float | None = None  # seconds of video done in a second; None where that says nothing
    eta_s: float | None = None  # seconds left, by the speed so far; None: unknown


class Reporter:
    """Passes progress on, in steps worth telling, and never backwards."""

    def __init__(self, on_progress: Callable[[Progress], None]) -> None:
        """Pass on to `on_progress`."""
        self._on_progress = on_progress
        self._last: Progress | None = None

    def __call__(
        self,
        stage: Stage,
        percent: float,
        *,
        speed: float | None = None,
        eta_s: float | None = None,
    ) -> None:
        """Tell of `stage` at `percent`, unless that says nothing new."""
        least = self._last.percent if self._last else 0.0
        percent = round(max(least, min(percent, 100.0)), 1)
        if self._last is None or (stage, percent) != (self._last.stage, self._last.percent):
            self._last = Progress(stage, percent, speed, eta_s)
            self._on_progress(self._last)
