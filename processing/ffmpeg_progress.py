"""Reads ffmpeg's `-progress` lines: how far it is, whether it lives, whether it pays."""

from typing import Final

from processing.encoder import ResultTooLargeError
from processing.rendition import Reporter

_FIRST_PERCENT: Final = 2.0  # what probing took
_LAST_PERCENT: Final = 97.0  # what verifying needs is left


class FfmpegProgress:
    """A listener for encoder.run; stops an encoding that has outgrown its use."""

    def __init__(self, report: Reporter, duration_s: float | None) -> None:
        """Report to `report`; `duration_s` is the source's claim, None when it makes none."""
        self._report = report
        self._duration_s = duration_s
        self._max_bytes = 0
        self._block: dict[str, str] = {}
        self._last: tuple[str | None, ...] = ()
        self.decoded_s = 0.0
        self.frames = 0

    def begin(self, max_bytes: int) -> None:
        """Listen to a new run, whose result may not be larger than `max_bytes`."""
        self._max_bytes = max_bytes
        self._block = {}
        self._last = ()
        self.frames = 0
        self._report("encoding", _FIRST_PERCENT)

    def __call__(self, line: str) -> bool:
        """Take one line; True when a block ends that differs from the one before."""
        key, _, value = line.strip().partition("=")
        self._block[key] = value.strip()
        return key == "progress" and self._end_block()

    def _end_block(self) -> bool:
        block, self._block = self._block, {}
        self.frames = _whole(block.get("frame")) or self.frames
        decoded_us = _whole(block.get("out_time_us"))
        if decoded_us is not None:
            self.decoded_s = max(self.decoded_s, decoded_us / 1e6)
        if (_whole(block.get("total_size")) or 0) > self._max_bytes:
            raise ResultTooLargeError
        if self._duration_s:
            share = min(1.0, self.decoded_s / self._duration_s)
            self._report("encoding", _FIRST_PERCENT + share * (_LAST_PERCENT - _FIRST_PERCENT))
        now = tuple(block.get(key) for key in ("frame", "out_time_us", "total_size"))
        moved, self._last = now != self._last, now
        return moved


def _whole(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
