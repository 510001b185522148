"""Decides how large the frames of a video come out."""

from fractions import Fraction
from typing import Final

from processing.video.tracks import VideoTrack

_SANE_PIXEL_SHAPES: Final = (0.25, 4.0)


def planned_size(track: VideoTrack, *boxes: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the result: upright, in square pixels, inside every one of `boxes`."""
    return fitted(_sane_size(track), (min(box[0] for box in boxes), min(box[1] for box in boxes)))


def fitted(size: tuple[float, float], box: tuple[int, int]) -> tuple[int, int]:
    """`size` shrunk to fit the box, turned for a portrait; even sides, never enlarged.

    A side of one pixel becomes two, which is the least that 4:2:0 can store.
    """
    width, height = size
    across, down = box if width >= height else box[::-1]
    scale = min(1.0, across / width, down / height)
    return even(width * scale, width), even(height * scale, height)


def even(side: float, source_side: float) -> int:
    """The even number next to `side`, at least 2, not above `source_side`."""
    return max(2, min(round(side / 2) * 2, int(source_side + 1e-6) // 2 * 2))


def sane_pixel_shape(text: str) -> Fraction:
    """The shape of a pixel in ffprobe's words, like 16:11; square where it cannot be true."""
    across, _, down = text.partition(":")
    if not (across.isdigit() and down.isdigit() and int(across) and int(down)):
        return Fraction(1)
    low, high = _SANE_PIXEL_SHAPES
    found = Fraction(int(across), int(down))
    return found if low <= found <= high else Fraction(1)


def fitting(width: int, height: int) -> list[str]:
    """The filters that put frames of whatever shape undistorted into one of this size."""
    low, high = _SANE_PIXEL_SHAPES
    shape = f"(a*if(between(sar,{low},{high}),sar,1))"
    across = f"max(2,round(min({width},{height}*{shape})/2)*2)"
    down = f"max(2,round(min({height},{width}/{shape})/2)*2)"
    return [
        f"scale=w='{across}':h='{down}':eval=frame:flags=bicubic",
        "setsar=1",
        f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2:eval=frame",
    ]


def _sane_size(track: VideoTrack) -> tuple[float, float]:
    low, high = _SANE_PIXEL_SHAPES
    if low <= track.pixel_shape <= high:
        return track.shown_size
    width, height = track.width, track.height
    return (height, width) if track.rotation_deg in {90, 270} else (width, height)
