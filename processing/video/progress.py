"""Reads ffmpeg's `-progress` lines: how far it is, whether it lives, whether it pays."""

import time
from typing import Final

from processing.progress import Reporter, Stage
from processing.sandbox.watch import ResultTooLargeError
from processing.video.learned import (
    LONGEST_SILENCE_S,
    LearnedError,
    LongSilenceError,
    MoreChannelsError,
    ShapeChangedError,
)
from processing.video.log import FfmpegLog

_FIRST_PERCENT: Final = 2.0  # Probing took so much.
_LAST_PERCENT: Final = 97.0  # The rest is for verifying.
_COPIED_PERCENT: Final = 5.0  # A copy takes next to no time, and may not do.
_FIRST_ETA_S: Final = 2.0  # Before that the encoder is still filling its lookahead.
_SOUND_RATE_HZ: Final = 48_000
_LONGEST_ETA_S: Final = 24 * 3600.0


class FfmpegProgress:
    """A listener for program.run; stops an encoding that has outgrown its use."""

    def __init__(
        self,
        report: Reporter,
        duration_s: float | None,
        watched: frozenset[type[LearnedError]] = frozenset(),
    ) -> None:
        """Report to `report`; `duration_s` is the source's claim, None when it makes none.

        What is `watched` for ends an encoding that shows it.
        """
        self._watched = watched
        self._report = report
        self._duration_s = duration_s
        self._max_bytes = 0
        self._written_bytes = 0
        self._share: float | None = None
        self._began_at = 0.0
        self._block: dict[str, str] = {}
        self._last: tuple[str | None, ...] = ()
        self._was_stopped = False
        self.decoded_s = 0.0
        self._last_percent = _LAST_PERCENT
        self.frames = 0
        self.log = FfmpegLog()  # of the last run
        self.source_log: FfmpegLog | None = None  # of decoding all of the source, if that was done

    @property
    def length_s(self) -> float:
        """How long the video is: what was decoded, or the claim where the end was not reached."""
        return max(self.decoded_s, self._duration_s or 0.0) if self._was_stopped else self.decoded_s

    @property
    def projected_bytes(self) -> float:
        """How large the last run's result was, or would have been, had it not been stopped."""
        return self._written_bytes / ((self._was_stopped and self._share) or 1.0)

    def begin(self, max_bytes: int, *, is_copy: bool = False) -> None:
        """Listen to a new run, whose result may not be larger than `max_bytes`."""
        self._last_percent = _COPIED_PERCENT if is_copy else _LAST_PERCENT
        self.log = FfmpegLog()
        self._max_bytes = max_bytes
        self._began_at = time.monotonic()
        self._block = {}
        self._last = ()
        self._was_stopped = False
        self._written_bytes = 0
        self._share = None
        self.frames = 0
        self._report(Stage.ENCODING, _FIRST_PERCENT)

    def __call__(self, line: str) -> bool:
        """Take one line; True when a block ends that differs from the one before."""
        key, _, value = line.strip().partition("=")
        self._block[key] = value.strip()
        return key == "progress" and self._end_block()

    def take_error(self, line: str) -> None:
        """Take one line of stderr; raises a LearnedError where the encoding is for nothing."""
        self.log.take(line)
        if self.log.changes_shape and ShapeChangedError in self._watched:
            raise ShapeChangedError
        if len(self.log.layouts) > 1 and MoreChannelsError in self._watched:
            raise MoreChannelsError
        if self.log.silence_samples > LONGEST_SILENCE_S * _SOUND_RATE_HZ:
            raise LongSilenceError

    def _end_block(self) -> bool:
        block, self._block = self._block, {}
        self.frames = _whole(block.get("frame")) or self.frames
        decoded_us = _whole(block.get("out_time_us"))
        now_s = 0.0 if decoded_us is None else decoded_us / 1e6
        self.decoded_s = max(self.decoded_s, now_s)
        share = min(1.0, now_s / self._duration_s) if self._duration_s else None
        self._share = share
        self._written_bytes = _whole(block.get("total_size")) or self._written_bytes
        if self._written_bytes > self._max_bytes:
            # Not before: a lively beginning says nothing about the end.
            self._was_stopped = True
            raise ResultTooLargeError
        if share is not None:
            self._report(
                Stage.ENCODING,
                _FIRST_PERCENT + share * (self._last_percent - _FIRST_PERCENT),
                speed=_factor(block.get("speed")),
                eta_s=self._eta_s(share),
            )
        now = tuple(block.get(key) for key in ("frame", "out_time_us", "total_size"))
        moved, self._last = now != self._last, now
        return moved

    def _eta_s(self, share: float) -> float | None:
        passed_s = time.monotonic() - self._began_at
        if passed_s < _FIRST_ETA_S or share <= 0:
            return None
        return min(round(passed_s * (1 - share) / share, 1), _LONGEST_ETA_S)


def _whole(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None


def _factor(text: str | None) -> float | None:
    """Ffmpeg's "1.5x" as a number; None for its "N/A" and for a speed of nothing."""
    try:
        return float((text or "").removesuffix("x")) or None
    except ValueError:
        return None
