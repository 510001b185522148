"""Decides how a video's colours are read and in which they come out."""

from typing import Final

from processing.tracks import VideoTrack

_HD_HEIGHT: Final = 720  # untagged video from here up is BT.709, by every player's custom
_KEPT_MATRICES: Final = frozenset({"bt709", "smpte170m", "bt470bg"})
# Ffprobe's names of matrices in the words that the scale filter of every ffmpeg from 5.1 knows: it
# has names of its own, once took any other for its default, and refuses them since 7.1.
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


def output_color(track: VideoTrack) -> tuple[str, str, str]:
    """Matrix, primaries and transfer that the result is tagged with."""
    if track.is_wide:
        return "bt709", "bt709", "bt709"
    matrix = track.color_matrix
    if matrix == "unknown" and not _is_rgb(track):
        matrix = "bt709" if min(track.width, track.height) >= _HD_HEIGHT else "smpte170m"
    if matrix not in _KEPT_MATRICES:
        matrix = "bt709"
    known = track.color_primaries in _KNOWN_PRIMARIES
    primaries = track.color_primaries if known else matrix
    transfer = "bt709" if matrix == "bt709" else "smpte170m"
    return matrix, primaries, transfer


def scaling(track: VideoTrack, width: int, height: int, matrix: str) -> list[str]:
    """The filters that bring the picture to its size and its colours to `matrix`."""
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


def _is_rgb(track: VideoTrack) -> bool:
    return not track.pixel_format.startswith(("yuv", "nv", "p0", "gray", "uyvy", "yuyv", "ya"))


def _without_odd_matrix(track: VideoTrack, matrix: str) -> list[str]:
    """A step that has frames pass for `matrix` where their own is one that scaling refuses."""
    is_odd = track.color_matrix not in {*_SCALE_MATRICES, "unknown", "gbr"}
    return [f"setparams=colorspace={matrix}"] if is_odd else []


def _through_color_engine(track: VideoTrack, width: int, height: int) -> list[str]:
    """Wide gamut and HDR to SDR BT.709, by way of linear light where brightness must be mapped."""
    primaries = track.color_primaries if track.color_primaries in _KNOWN_PRIMARIES else "bt2020"
    guess = "bt2020nc" if track.is_hdr and track.color_matrix != "gbr" else "bt709"
    matrix = track.color_matrix if track.color_matrix in _ZSCALE_MATRICES else guess
    transfer = track.color_transfer if track.is_hdr else "bt709"
    read = (
        f"zscale=w={width}:h={height}:pin={primaries}:min={matrix}:tin={transfer}"
        f":rin={'full' if track.color_range == 'pc' else 'limited'}"
    )
    write = "p=bt709:t=bt709:m=bt709:r=limited"
    if not track.is_hdr:
        return [f"{read}:{write}"]
    return [
        f"{read}:p={primaries}:t=linear:npl=100",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=hable:desat=0",
        f"zscale={write}",
    ]
