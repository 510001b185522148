"""Turns an opened animation into the encoded bytes of its plan, one frame in memory at a time."""

import io
from collections.abc import Callable
from typing import Any, Final

from PIL import Image

from processing.image.pixels.apng import AnimatedPng
from processing.image.pixels.damage import failures_mean_damage
from processing.image.pixels.decoding import decode
from processing.image.pixels.encoding import Quality, writer_words
from processing.image.pixels.opened import Opened
from processing.image.pixels.pipeline import Way, rendered
from processing.image.plan import ImagePlan
from processing.image.structure.webp import marked_transparent
from processing.isobmff.avif_loop import with_plays
from processing.targets import IMAGE_TARGETS

# Browsers show frames shorter than this for 100 ms, and so people know them.
_SHORTEST_FRAME_MS: Final = 11
_SLOWED_FRAME_MS: Final = 100


def encoded_animation(
    opened: Opened, plan: ImagePlan, quality: Quality, target: str, report: Callable[[float], None]
) -> bytes:
    """All frames of an animation in the target's format."""
    image = opened.image
    way = Way(opened, plan, IMAGE_TARGETS[target], image.info.get("icc_profile"))
    try:
        return _encoded(_Frames(way, report), plan, quality, target)
    except _MixedModesError:  # AVIF's frames have to be alike.
        return _encoded(_Frames(way, report, mode="RGBA"), plan, quality, target)


def _encoded(frames: "_Frames", plan: ImagePlan, quality: Quality, target: str) -> bytes:
    buffer = io.BytesIO()
    frames.save(
        buffer,
        format=IMAGE_TARGETS[target].writer,
        save_all=True,
        duration=frames.durations_ms,
        **writer_words(plan, quality, target),
        **(IMAGE_TARGETS[target].animation_words or {}),
        **_loop_words(plan.loop, target),
    )
    data = buffer.getvalue()
    if target == "avif":
        return with_plays(data, plan.loop)
    return marked_transparent(data) if target == "webp" and frames.is_transparent else data


def _loop_words(plays: int, target: str) -> dict[str, Any]:
    """How often it plays; a GIF counts repeats after the first time."""
    if target != "gif":
        return {"loop": plays}
    return {} if plays == 1 else {"loop": max(0, plays - 1)}


class _MixedModesError(Exception):
    """One frame is transparent, coloured or gray where another is not."""


class _Frames(Image.Image):
    """An animation that Pillow's writers walk through, each frame made when it is asked for."""

    def __init__(
        self, way: Way, report: Callable[[float], None], *, mode: str | None = None
    ) -> None:
        """Begin at the first frame; `mode` is what all come in, None: each in its own."""
        super().__init__()
        self._mode_of_all = mode
        self._way = way
        self._png: AnimatedPng | None = None
        if way.opened.data is not None:
            with failures_mean_damage():
                self._png = AnimatedPng(way.opened.data)
        self._report = report
        self._at = -1
        self.n_frames = way.plan.frames
        self.is_animated = True
        # Filled while the frames are walked; writers read a frame's entry after they sought it.
        self.durations_ms: list[int] = []
        self._shown_ms = 0.0
        self.is_transparent = False
        self.seek(0)

    def tell(self) -> int:
        return self._at

    def seek(self, frame: int) -> None:
        if frame >= self.n_frames:
            raise EOFError
        if frame == self._at:
            return
        with failures_mean_damage():
            shown = self._decoded(frame)
            made = rendered(shown, self._way)
        if self._mode_of_all:
            made = made.convert(self._mode_of_all)
        elif self._way.target.name == "avif" and self._at >= 0 and made.mode != self._mode:
            raise _MixedModesError
        # Where nothing had to be changed it is the decoder's own canvas, which it goes on using.
        self.im = made.im.copy() if made.im is shown.im else made.im
        self._mode, self._size = made.mode, made.size
        self._at = frame
        self.is_transparent = self.is_transparent or made.mode == "RGBA"
        if frame == len(self.durations_ms):
            self._shown_ms += _duration_ms(shown)
            # The end is rounded, not each duration: 60 frames a second would lose a second in 50.
            self.durations_ms.append(round(self._shown_ms) - sum(self.durations_ms))
        self._report(frame / self.n_frames)

    def _decoded(self, number: int) -> Image.Image:
        if self._png is not None:
            return self._png.frame(number)
        self._way.opened.image.seek(number)
        decode(self._way.opened)
        return self._way.opened.image


def _duration_ms(frame: Image.Image) -> float:
    """How long a decoded frame is shown: some readers know it only then."""
    duration = float(frame.info.get("duration", 0) or 0)
    return duration if duration >= _SHORTEST_FRAME_MS else _SLOWED_FRAME_MS
