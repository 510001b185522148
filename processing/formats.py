"""Recognises files: how the bytes of each accepted format begin, and which reader opens it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, NamedTuple

from compression_config import LIMITS
from errors import EmptyFileError, LimitSizeError, UnsupportedMediaError
from processing.isobmff.boxes import brands

HEAD_BYTES: Final = 4096  # enough for every signature below

_ISO_IMAGE_BRANDS: Final = {
    **dict.fromkeys((b"avif", b"avis"), "avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "heic"),
}
_ISO_UNSUPPORTED_BRANDS: Final = frozenset(
    (
        *(b"crx ", b"jp2 ", b"jpx ", b"jxl ", b"jpeg", b"jpgs", b"j2ki", b"j2is"),
        *(b"avci", b"avcs", b"vvic", b"vvis", b"evbi", b"evbs"),
    )
)
_ISO_IMAGES_OF_SOME_CODEC: Final = frozenset(
    (b"mif1", b"msf1", b"miaf", b"MiHB", b"MiHE", b"MiHA", b"MiPr", b"1pic", b"unif")
)
_QUICKTIME_BOXES: Final = frozenset({b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_PACKET_BYTES: Final = (188, 192, 204)  # plain, with times as cameras write it, with checks
_MXF_PARTITION: Final = bytes.fromhex("060e2b34020501010d010201")
_MIN_PACKETS: Final = 4  # two tables, a description and a frame
_BITMAP_HEADER_SIZES: Final = frozenset({12, 40, 52, 56, 64, 108, 124})


class Format(NamedTuple):
    """One format that is read."""

    name: str
    kind: Literal["image", "video"]
    reader: str  # Pillow's name for an image's only allowed plugin; ffmpeg's for the only demuxer
    matches: Callable[[bytes], bool]


def identify(source: Path) -> Format:
    """What `source` is; its name is never looked at.

    Raises EmptyFileError, LimitSizeError or UnsupportedMediaError.
    """
    size_bytes = source.stat().st_size
    if size_bytes == 0:
        raise EmptyFileError
    if size_bytes > LIMITS.max_file_bytes:
        raise LimitSizeError
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    found = sniff(head)
    if found is None:
        raise UnsupportedMediaError(_why_not(head))
    if found.kind == "image" and size_bytes > LIMITS.max_image_bytes:
        raise LimitSizeError("The file is larger than this service accepts for a picture.")
    return found


def sniff(head: bytes) -> Format | None:
    """The format whose signature `head` (the file's first HEAD_BYTES) carries, or None.

    Nothing but the bytes is looked at: a name or a declared type may lie. Text never matches, so
    playlists, scripts, SVG and HTML end here.
    """
    return next((row for row in FORMATS.values() if row.matches(head)), None)


def _why_not(head: bytes) -> str | None:
    """What is said of a known format that no library here reads; None: the usual sentence."""
    name = next((name for name, matches in _NOT_READ.items() if matches(head)), None)
    return name and f"{name} is not supported."


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[:4] == b"RIFF" and head[8:12] == kind


def _is_bitmap(head: bytes) -> bool:
    header_size = int.from_bytes(head[14:18], "little")
    return head[:2] == b"BM" and header_size in _BITMAP_HEADER_SIZES


def _is_tiff(head: bytes) -> bool:
    is_canon_raw = head[8:10] == b"CR"
    return head[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"} and not is_canon_raw


def _is_jpeg_2000(head: bytes) -> bool:
    is_film = head[20:24] == b"mjp2"
    return head.startswith((b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")) and not is_film


def _iso_family(head: bytes) -> str | None:
    """What an ISO base media file (mp4, mov, heic, avif) says that it is."""
    if head[4:8] != b"ftyp":
        return "mov" if head[4:8] in _QUICKTIME_BOXES else None
    said = brands(head)
    if said[0] in _ISO_UNSUPPORTED_BRANDS:
        return None
    if said[0] in _ISO_IMAGE_BRANDS:
        return _ISO_IMAGE_BRANDS[said[0]]
    if said[0] in _ISO_IMAGES_OF_SOME_CODEC:
        is_avif = b"avif" in said or b"avis" in said or b"av01" in head
        return "avif" if is_avif else "heic"
    return "mov" if said[0] == b"qt  " else "mp4"


def _iso(family: str) -> Callable[[bytes], bool]:
    return lambda head: _iso_family(head) == family


def _matroska(*, webm: bool) -> Callable[[bytes], bool]:
    return lambda head: head[:4] == b"\x1aE\xdf\xa3" and (b"webm" in head[:64]) is webm


def _is_transport_stream(head: bytes) -> bool:
    """Whether every packet begins with its mark; recordings may begin amid one."""

    def has_sync(first: int, packet_bytes: int) -> bool:
        starts = head[first::packet_bytes]
        return len(starts) >= _MIN_PACKETS and starts == b"G" * len(starts)

    return any(has_sync(first, size) for size in _PACKET_BYTES for first in range(size))


def _is_dv(head: bytes) -> bool:
    return head[:3] == b"\x1f\x07\0" and head[3:4] in {b"\x3f", b"\xbf"}


_ROWS: Final = (
    Format("jpeg", "image", "JPEG", _starts(b"\xff\xd8\xff")),
    Format("png", "image", "PNG", _starts(b"\x89PNG\r\n\x1a\n")),
    Format("gif", "image", "GIF", _starts(b"GIF87a", b"GIF89a")),
    Format("webp", "image", "WEBP", _riff(b"WEBP")),
    Format("bmp", "image", "BMP", _is_bitmap),
    Format("tiff", "image", "TIFF", _is_tiff),
    Format("heic", "image", "HEIF", _iso("heic")),
    Format("avif", "image", "AVIF", _iso("avif")),
    Format("jp2", "image", "JPEG2000", _is_jpeg_2000),
    Format("mp4", "video", "mov", _iso("mp4")),
    Format("mov", "video", "mov", _iso("mov")),
    Format("webm", "video", "matroska", _matroska(webm=True)),
    Format("mkv", "video", "matroska", _matroska(webm=False)),
    Format("avi", "video", "avi", _riff(b"AVI ")),
    Format("wmv", "video", "asf", _starts(b"0&\xb2u\x8ef\xcf\x11")),
    Format("flv", "video", "flv", _starts(b"FLV\x01")),
    Format("mpg", "video", "mpeg", _starts(b"\0\0\1\xba")),
    Format("ogv", "video", "ogg", _starts(b"OggS")),
    Format("mxf", "video", "mxf", lambda head: _MXF_PARTITION in head),
    Format("dv", "video", "dv", _is_dv),
    Format("ts", "video", "mpegts", _is_transport_stream),
)
_NOT_READ: Final[dict[str, Callable[[bytes], bool]]] = {
    "JPEG XL": _starts(b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"),
    "JPEG XR": _starts(b"II\xbc\x01"),
    "Photoshop's own format": _starts(b"8BPS"),
    "PDF": _starts(b"%PDF-"),
    "A camera's raw format": lambda head: (
        head.startswith((b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW", b"FOVb"))
        or head[8:10] == b"CR"
        or head[4:12] == b"ftypcrx "
    ),
}
FORMATS: Final = {row.name: row for row in _ROWS}
