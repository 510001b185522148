"""Turns an opened picture into the encoded bytes of its plan."""

import io
from collections.abc import Callable
from typing import Any, Final

from PIL import Image

from processing.pillow.blame import blaming_the_file
from processing.pillow.color import flattened_depth, is_srgb, to_srgb
from processing.pillow.loading import load
from processing.plan_image import TURNED, ImagePlan

# EXIF's orientation to what has to be done about it; 1 is upright.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Shrinking by whole numbers first costs nothing visible from three times the size on.
_REDUCING_GAP: Final = 3.0
# Browsers show frames shorter than this for 100 ms, and so people know them.
_SHORTEST_FRAME_MS: Final = 11
_SLOWED_FRAME_MS: Final = 100
_WEBP_ALPHA_FLAG: Final = 0x10

Report = Callable[[float], None]  # told the share that is done, from 0 to 1


def rendered_still(picture: Image.Image, plan: ImagePlan) -> Image.Image:
    """The picture upright, at the plan's size, in sRGB."""
    stored = _stored_size(plan)
    with blaming_the_file():
        if picture.format in {"JPEG", "MPO"}:
            picture.draft(picture.mode, stored)
        return _finished(picture, plan, stored)


def encoded_still(picture: Image.Image, plan: ImagePlan, quality: int, target: str) -> bytes:
    """A finished picture in the target's format."""
    buffer = io.BytesIO()
    if target == "jpeg" and picture.mode != "RGB":
        picture = picture.convert("RGB")
    picture.save(buffer, format=target.upper(), **_options(target, quality, plan.effort))
    return buffer.getvalue()


def encoded_without_loss(picture: Image.Image, plan: ImagePlan) -> bytes | None:
    """A drawing as lossless WebP, which often beats lossy; None when it has too many colours."""
    if not plan.lossless_up_to_colors or plan.target != "webp":
        return None
    if picture.getcolors(plan.lossless_up_to_colors) is None:
        return None
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", lossless=True, quality=80, method=4)
    return buffer.getvalue()


def encoded_animation(
    picture: Image.Image, plan: ImagePlan, quality: int, target: str, report: Report
) -> bytes:
    """All frames of an animation in the target's format; one frame at a time is in memory."""
    frames = _Frames(picture, plan, report)
    buffer = io.BytesIO()
    options = _options(target, quality, plan.effort)
    if target == "gif":
        options |= {"disposal": 2}
    loop = plan.loop
    if target == "gif":
        options |= {} if loop == 1 else {"loop": max(0, loop - 1)}
    else:
        options["loop"] = loop
    frames.save(
        buffer, format=target.upper(), save_all=True, duration=frames.durations_ms, **options
    )
    data = buffer.getvalue()
    return _marked_transparent(data) if target == "webp" and frames.is_transparent else data


def _options(target: str, quality: int, effort: int) -> dict[str, Any]:
    options: dict[str, dict[str, Any]] = {
        "webp": {"quality": quality, "method": effort},
        "avif": {"quality": quality, "speed": effort, "max_threads": 2},
        "jpeg": {"quality": quality, "optimize": True, "progressive": True},
        "png": {"optimize": True, "compress_level": effort},
        "gif": {"optimize": True},
    }
    return options[target]


def _stored_size(plan: ImagePlan) -> tuple[int, int]:
    """The plan's size before the picture is turned."""
    if plan.orientation in TURNED:
        return plan.height, plan.width
    return plan.width, plan.height


def _finished(picture: Image.Image, plan: ImagePlan, stored: tuple[int, int]) -> Image.Image:
    profile = picture.info.get("icc_profile")
    load(picture)
    flat = flattened_depth(picture)
    if flat.size != stored:
        flat = flat.resize(stored, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
    if plan.orientation in _TURNS:
        flat = flat.transpose(_TURNS[plan.orientation])
    flat = to_srgb(flat, None if is_srgb(profile) else profile)
    if flat is picture:
        flat = flat.copy()
    flat.info = {}  # some writers would write out of it what was not asked for
    return flat


def _marked_transparent(webp: bytes) -> bytes:
    """The same animation, said to be transparent.

    Its writer says so only when a stored piece is; where opaque pieces leave the canvas open,
    readers would fill it with black.
    """
    if webp[12:16] != b"VP8X":
        return webp
    return webp[:20] + bytes([webp[20] | _WEBP_ALPHA_FLAG]) + webp[21:]


class _Frames(Image.Image):
    """An animation that Pillow's writers walk through, each frame made when it is asked for."""

    def __init__(self, picture: Image.Image, plan: ImagePlan, report: Report) -> None:
        super().__init__()
        self._picture = picture
        self._plan = plan
        self._report = report
        self._first = 1 if picture.info.get("default_image") else 0
        self._at = -1
        self.n_frames = plan.frames
        self.is_animated = True
        # Filled while the frames are walked; writers read a frame's entry after they sought it.
        self.durations_ms: list[int] = []
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
            self._picture.seek(self._first + frame)
            made = _finished(self._picture, self._plan, _stored_size(self._plan))
        self.im, self._mode, self._size = made.im, made.mode, made.size
        self._at = frame
        if made.mode == "RGBA" and not self.is_transparent:
            self.is_transparent = made.getchannel("A").getextrema() != (255, 255)
        if frame == len(self.durations_ms):
            self.durations_ms.append(_duration_ms(self._picture))
        self._report(frame / self.n_frames)


def _duration_ms(picture: Image.Image) -> int:
    duration = round(float(picture.info.get("duration", 0) or 0))
    return duration if duration >= _SHORTEST_FRAME_MS else _SLOWED_FRAME_MS
