"""Draws how far a compression is, on one line of a terminal."""

import os
import time
from typing import Final, TextIO

from processing.cli.words import clock_text, columns_of, name_text, shortened
from processing.progress import Progress

_CELLS: Final = 24
_REDRAW_S: Final = 0.1
_NARROWEST: Final = 40  # columns
_USUAL: Final = 80


class Bar:
    """A listener for compress; silent where `stream` is no terminal, so that logs stay readable."""

    def __init__(self, stream: TextIO, label: str, *, is_quiet: bool = False) -> None:
        """Draw on `stream`, with `label` before the bar; nothing at all where it `is_quiet`."""
        self._stream = stream
        self._label = name_text(label)
        self._is_quiet = is_quiet
        self._is_shown = stream.isatty() and not is_quiet
        self._drawn_at = 0.0
        self._drawn = 0  # columns that hold something

    def __call__(self, progress: Progress) -> None:
        """Show `progress`, unless the last drawing is too fresh to be looked at."""
        now = time.monotonic()
        is_due = now - self._drawn_at >= _REDRAW_S or progress.percent >= 100
        if self._is_shown and is_due:
            self._drawn_at = now
            self._draw(self._line(progress))

    def clear(self) -> None:
        """Leave an empty line, for words."""
        if self._drawn:
            self._draw("")
            self._stream.write("\r")
            self._stream.flush()

    def say(self, words: str) -> None:
        """Write `words` instead of the bar, terminal or not."""
        self.clear()
        if not self._is_quiet:
            self._stream.write(words)
            self._stream.flush()

    def _line(self, progress: Progress) -> str:
        done = int(progress.percent / 100 * _CELLS)
        parts = [f"[{'#' * done}{'.' * (_CELLS - done)}]", f"{int(progress.percent):3} %"]
        if progress.speed is not None:
            parts.append(f"{progress.speed:.2g}x")
        if progress.eta_s is not None:
            parts.append(f"ETA {clock_text(progress.eta_s)}")
        parts.append(progress.stage)
        tail = " ".join(parts)
        label = shortened(self._label, max(1, self._columns() - 2 - len(tail)))
        return shortened(f"{label} {tail}", self._columns() - 1)

    def _columns(self) -> int:
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except OSError:
            columns = 0
        return max(_NARROWEST, columns or _USUAL)  # some terminals do not know their size

    def _draw(self, line: str) -> None:
        """Blanks over what is left of the line before: not every terminal can erase."""
        columns = columns_of(line)
        self._stream.write("\r" + line + " " * (self._drawn - columns))
        self._stream.flush()
        self._drawn = columns
