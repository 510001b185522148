"""The words of a compression: what may be asked for, how far it is, and what came out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from compression_config import LIGHTER_STEPS, PROFILES, LighterStep
from processing.formats import Format

IMAGE_OUTPUTS: Final = ("webp", "avif", "keep")
VIDEO_OUTPUTS: Final = ("h264", "av1")


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may choose."""

    profile: str = "balanced"
    image_output: str = "webp"  # or "avif", or "keep" where browsers show the source's format
    video_output: str = "h264"  # which everything plays; or "av1", smaller for newer players
    target_quality: bool = False  # search each video's own CRF instead of taking the rule's
    keep_copyright: bool = False  # the notices of author and rights survive
    lighter: int = 0  # how many earlier attempts were too much for this machine
    time_limit_s: float = 300.0  # for everything together
    longest_time_limit_s: float = 1200.0  # for videos that play longer than time_limit_s
    threads: int = 0  # of an encoder; 0: a fair share of the cores

    def __post_init__(self) -> None:
        """Refuse with a ValueError what no compression could be made with."""
        if self.profile not in PROFILES:
            raise ValueError(f"profile must be one of {sorted(PROFILES)}, not {self.profile!r}")
        if self.image_output not in IMAGE_OUTPUTS:
            raise ValueError(f"image_output must be one of {IMAGE_OUTPUTS}")
        if self.video_output not in VIDEO_OUTPUTS:
            raise ValueError(f"video_output must be one of {VIDEO_OUTPUTS}")
        if self.lighter < 0:
            raise ValueError("lighter must not be negative")

    @property
    def lighter_step(self) -> LighterStep | None:
        """The ceiling that earlier attempts call for; the last one serves all further attempts."""
        return LIGHTER_STEPS[min(self.lighter, len(LIGHTER_STEPS)) - 1] if self.lighter else None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a compression has come."""

    stage: str  # probing, encoding, verifying
    percent: float  # 0 to 100; never goes back
    speed: float | None = None  # seconds of video done in a second; None where that says nothing
    eta_s: float | None = None  # seconds left, by the speed so far; None: unknown


@dataclass(frozen=True, slots=True)
class Rendition:
    """One produced file."""

    path: Path  # inside the work folder
    extension: str  # of the real format, without a dot
    content_type: str
    original_size_bytes: int
    size_bytes: int  # never more than the original's
    passthrough_reason: str | None  # why it is the source itself, cleaned; None: it was encoded
    notes: tuple[str, ...]  # what else was changed, in sentences for people


def rendition_of(
    path: Path,
    made: Format,
    original_size_bytes: int,
    passthrough_reason: str | None,
    notes: tuple[str, ...],
) -> Rendition:
    """The finished file at `path`, described."""
    return Rendition(
        path=path,
        extension=made.extension,
        content_type=made.content_type,
        original_size_bytes=original_size_bytes,
        size_bytes=path.stat().st_size,
        passthrough_reason=passthrough_reason,
        notes=notes,
    )


class Reporter:
    """Passes progress on, in steps worth telling, and never backwards."""

    def __init__(self, on_progress: Callable[[Progress], None]) -> None:
        """Pass on to `on_progress`."""
        self._on_progress = on_progress
        self._last = Progress("", -1.0)

    def __call__(
        self,
        stage: str,
        percent: float,
        *,
        speed: float | None = None,
        eta_s: float | None = None,
    ) -> None:
        """Tell of `stage` at `percent`, unless that says nothing new."""
        percent = round(max(self._last.percent, min(percent, 100.0)), 1)
        if (stage, percent) != (self._last.stage, self._last.percent):
            self._last = Progress(stage, percent, speed, eta_s)
            self._on_progress(self._last)
