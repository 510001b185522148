"""Turns an opened animation into the encoded bytes of its plan, one frame in memory at a time."""

import io
from typing import Any, Final

from PIL import Image

from processing.image.avif_plays import with_plays
from processing.image.plan import ImagePlan
from processing.pillow.apng import AnimatedPng
from processing.pillow.blame import blaming_the_file
from processing.pillow.encoding import options
from processing.pillow.loading import HELD
from processing.pillow.rendering import Report, finished, stored_size

# Browsers show frames shorter than this for 100 ms, and so people know them.
_SHORTEST_FRAME_MS: Final = 11
_SLOWED_FRAME_MS: Final = 100
_WEBP_ALPHA_FLAG: Final = 0x10
# A whole frame so often. Pillow's every 3 to 5 frames cost 5 % of the bytes and a fifth of the
# time; without any, a viewer that jumps would have to start from the first.
_WEBP_WHOLE_FRAMES: Final = {"kmin": 299, "kmax": 300}


def encoded_animation(
    picture: Image.Image, plan: ImagePlan, quality: int, target: str, report: Report
) -> bytes:
    """All frames of an animation in the target's format."""
    try:
        return _encoded(_Frames(picture, plan, target, report), plan, quality, target)
    except _MixedModesError:  # of AVIF, whose frames have to be alike
        frames = _Frames(picture, plan, target, report, mode="RGBA")
        return _encoded(frames, plan, quality, target)


def _encoded(frames: "_Frames", plan: ImagePlan, quality: int, target: str) -> bytes:
    buffer = io.BytesIO()
    frames.save(
        buffer,
        format=target.upper(),
        save_all=True,
        duration=frames.durations_ms,
        **_animation_options(plan, quality, target),
    )
    data = buffer.getvalue()
    if target == "avif":
        return with_plays(data, plan.loop)
    return _marked_transparent(data) if target == "webp" and frames.is_transparent else data


def _animation_options(plan: ImagePlan, quality: int, target: str) -> dict[str, Any]:
    told = options(plan, quality, target)
    if target == "gif":
        return told | {"disposal": 2} | ({} if plan.loop == 1 else {"loop": max(0, plan.loop - 1)})
    if target == "webp":
        told |= _WEBP_WHOLE_FRAMES
    return told | {"loop": plan.loop}


def _marked_transparent(webp: bytes) -> bytes:
    """The same animation, said to be transparent.

    Its writer says so only when a stored piece is; where opaque pieces leave the canvas open,
    readers would fill it with black.
    """
    if webp[12:16] != b"VP8X":
        return webp
    return webp[:20] + bytes([webp[20] | _WEBP_ALPHA_FLAG]) + webp[21:]


class _MixedModesError(Exception):
    """One frame is transparent, coloured or gray where another is not."""


class _Frames(Image.Image):
    """An animation that Pillow's writers walk through, each frame made when it is asked for."""

    def __init__(
        self,
        picture: Image.Image,
        plan: ImagePlan,
        target: str,
        report: Report,
        *,
        mode: str | None = None,
    ) -> None:
        """Begin at the first frame; `mode` is what all come in, None: each in its own."""
        super().__init__()
        self._mode_of_all = mode
        self._picture = picture
        with blaming_the_file():
            self._png = AnimatedPng(picture.info[HELD]) if picture.format == "PNG" else None
        self._profile = picture.info.get("icc_profile")
        self._plan = plan
        self._target = target
        self._report = report
        self._at = -1
        self.n_frames = plan.frames
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
        with blaming_the_file():
            shown = self._source_frame(frame)
            shown.info["icc_profile"] = self._profile
            made = finished(shown, stored_size(self._plan), self._plan, self._target)
        if self._mode_of_all:
            made = made.convert(self._mode_of_all)
        elif self._target == "avif" and self._at >= 0 and made.mode != self._mode:
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

    def _source_frame(self, number: int) -> Image.Image:
        if self._png is not None:
            return self._png.frame(number)
        self._picture.seek(number)
        return self._picture


def _duration_ms(picture: Image.Image) -> float:
    """How long a decoded frame is shown: some readers know it only then."""
    duration = float(picture.info.get("duration", 0) or 0)
    return duration if duration >= _SHORTEST_FRAME_MS else _SLOWED_FRAME_MS
