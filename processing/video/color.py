"""Decides how a video's colours are read and in which they come out."""

from dataclasses import replace
from typing import Final, Literal, NamedTuple

from processing.tone_map import Light
from processing.video.tracks import VideoTrack

TONE_FILE: Final = "tone.cube"  # in the folder that ffmpeg runs in

_HD_HEIGHT: Final = 720  # untagged video from here up is BT.709, by every player's custom
_KEPT_MATRICES: Final = frozenset({"bt709", "smpte170m", "bt470bg"})
# Ffprobe's names of matrices in the words that the scale filter of every ffmpeg from 5.1 knows. The
# filter has names of its own, once took any other for its default, and refuses them since 7.1.
_SCALE_MATRICES: Final = {
    "bt709": "bt709",
    "smpte170m": "smpte170m",
    "bt470bg": "bt470",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
}
_ZSCALE_MATRICES: Final = frozenset({"bt709", "smpte170m", "bt470bg", "fcc", "bt2020nc"})
_KNOWN_PRIMARIES: Final = frozenset(
    {"bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020", "smpte428"}
    | {"smpte431", "smpte432"}
)

_TRANSFERS: Final[dict[str, Literal["pq", "hlg", "sdr"]]] = {
    "smpte2084": "pq",
    "arib-std-b67": "hlg",
}
_GAMUTS: Final[dict[str, Literal["bt2020", "p3", "bt709"]]] = {
    "smpte431": "p3",
    "smpte432": "p3",
    **dict.fromkeys(_KNOWN_PRIMARIES - {"bt2020", "smpte431", "smpte432"}, "bt709"),
}


class ColorTags(NamedTuple):
    """What a result says of its colours, in ffmpeg's words."""

    matrix: str
    primaries: str
    transfer: str


def output_color(track: VideoTrack) -> ColorTags:
    """What the result is tagged with."""
    if track.is_wide:
        return ColorTags("bt709", "bt709", "bt709")
    matrix = track.color_matrix
    if matrix == "unknown" and not _is_rgb(track):
        matrix = "bt709" if min(track.width, track.height) >= _HD_HEIGHT else "smpte170m"
    if matrix not in _KEPT_MATRICES:
        matrix = "bt709"
    known = track.color_primaries in _KNOWN_PRIMARIES
    primaries = track.color_primaries if known else matrix
    transfer = "bt709" if matrix == "bt709" else "smpte170m"
    return ColorTags(matrix, primaries, transfer)


def light_of(track: VideoTrack) -> Light | None:
    """What TONE_FILE has to map, where the filters look for one; None: they do not."""
    if not track.is_wide:
        return None
    return Light(
        transfer=_TRANSFERS.get(track.color_transfer, "sdr"),
        primaries=_GAMUTS.get(track.color_primaries, "bt2020"),
    )


def scaling(track: VideoTrack, width: int, height: int, matrix: str) -> list[str]:
    """The filters that bring frames to their size and their colours to `matrix`."""
    if track.is_wide:
        return _through_color_engine(track, width, height)
    # Both matrices are said: left alone, ffmpeg takes untagged HD for BT.601 and shifts colours.
    read = track.color_matrix if track.color_matrix in _SCALE_MATRICES else matrix
    scale = f"scale={width}:{height}:flags=bicubic:in_color_matrix={_SCALE_MATRICES[read]}"
    scale += f":out_color_matrix={_SCALE_MATRICES[matrix]}:out_range=tv"
    return [
        *_without_odd_matrix(track, matrix),
        scale + (":in_range=pc" if track.color_range == "pc" else ""),
    ]


def over_white(track: VideoTrack, matrix: str) -> tuple[list[str], VideoTrack]:
    """The filters that lay transparent frames over white, and the track as they leave it."""
    flat = (
        "format=yuva420p,split[bottom][top];"
        "[bottom]drawbox=color=white:thickness=fill:replace=1[white];"
        "[white][top]overlay=format=yuv420"
    )
    if not _is_rgb(track):
        return [flat], track
    # Said outright: left alone, ffmpeg would take BT.601, whatever comes after.
    as_video = f"scale=out_color_matrix={_SCALE_MATRICES[matrix]}:out_range=tv"
    left = replace(track, pixel_format="yuv420p", color_matrix=matrix, color_range="tv")
    return [as_video, flat], left


def _is_rgb(track: VideoTrack) -> bool:
    return not track.pixel_format.startswith(("yuv", "nv", "p0", "gray", "uyvy", "yuyv", "ya"))


def _without_odd_matrix(track: VideoTrack, matrix: str) -> list[str]:
    """A step that has frames pass for `matrix` where their own is one that scaling refuses."""
    is_odd = track.color_matrix not in {*_SCALE_MATRICES, "unknown", "gbr"}
    return [f"setparams=colorspace={matrix}"] if is_odd else []


def _through_color_engine(track: VideoTrack, width: int, height: int) -> list[str]:
    """Wide gamut and HDR to SDR BT.709: scaled first, then looked up, as RGB of full range.

    16 bits, for which the filter has fast code.
    """
    primaries = track.color_primaries if track.color_primaries in _KNOWN_PRIMARIES else "bt2020"
    guess = "bt2020nc" if track.is_hdr and track.color_matrix != "gbr" else "bt709"
    matrix = track.color_matrix if track.color_matrix in _ZSCALE_MATRICES else guess
    transfer = track.color_transfer if track.is_hdr else "bt709"
    same = f"pin={primaries}:p={primaries}:tin={transfer}:t={transfer}"
    is_full = track.color_range == "pc" or _is_rgb(track)
    read = f"min={matrix}:rin={'full' if is_full else 'limited'}:m=gbr:r=full"
    return [
        f"zscale=w={width}:h={height}:{same}:{read}",
        "format=gbrp16",
        f"lut3d=file={TONE_FILE}:interp=tetrahedral",
        "setparams=color_primaries=bt709:color_trc=bt709",
        "zscale=min=gbr:m=bt709:rin=full:r=limited:pin=bt709:p=bt709:tin=bt709:t=bt709",
    ]
