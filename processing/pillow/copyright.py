"""Carries the names of author and owner, and nothing else, from a picture's notes to its result."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from processing.image import png
from processing.image.avif_exif import with_exif_item

_ARTIST, _COPYRIGHT = 0x013B, 0x8298  # of EXIF 2.3
_BY_LINE, _NOTICE = 80, 116  # of IPTC IIM's second record
_PHOTOSHOP_IPTC: Final = 0x0404
_TIFF_IPTC: Final = 33723
_MAX_CHARACTERS: Final = 1000
_EXIF: Final = b"Exif\0\0"
_WEBP_EXIF_FLAG, _WEBP_ALPHA_FLAG = 0x08, 0x10


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a picture and who owns it; empty: not said."""

    artist: str = ""
    copyright: str = ""

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.artist or self.copyright)


def credit_of(picture: Image.Image) -> Credit:
    """What a picture says in EXIF, else in IPTC; only text that can be shown, cut to 1,000."""
    exif, iptc = _exif_tags(picture), _iptc_fields(picture)
    return Credit(
        artist=_text(exif.get(_ARTIST)) or _text(iptc.get(_BY_LINE)),
        copyright=_text(exif.get(_COPYRIGHT)) or _text(iptc.get(_NOTICE)),
    )


def add_credit(path: Path, format_name: str, credit: Credit, most_bytes: int) -> tuple[str, ...]:
    """Write `credit` into the finished picture at `path`, if there is room; what to say of it."""
    if not credit:
        return ()
    silent = path.read_bytes()
    speaking = with_credit(silent, format_name, credit)
    if speaking == silent or len(speaking) > most_bytes:
        return ("The names of author and owner found no place in the result.",)
    path.write_bytes(speaking)
    return ()


def with_credit(data: bytes, format_name: str, credit: Credit) -> bytes:
    """A finished, silent picture with an EXIF block of at most these two tags.

    Unchanged where nothing is to be said, or where there is no place for it: in a GIF, and in an
    animated AVIF.
    """
    insert = _INSERTERS.get(format_name)
    return insert(data, _exif_block(credit)) if insert and credit else data


def _exif_tags(picture: Image.Image) -> dict[int, object]:
    exif = Image.Exif()
    try:
        if picture.format == "TIFF":
            return {tag: picture.tag_v2.get(tag) for tag in (_ARTIST, _COPYRIGHT)}  # type: ignore[attr-defined]
        exif.load(picture.info.get("exif") or b"")
        return {tag: exif.get(tag) for tag in (_ARTIST, _COPYRIGHT)}
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error):
        return {}


def _iptc_fields(picture: Image.Image) -> dict[int, object]:
    """The first of each field in the second record of IPTC's notes, if there are any."""
    resources = picture.info.get("photoshop")
    data = resources.get(_PHOTOSHOP_IPTC, b"") if isinstance(resources, dict) else b""
    if picture.format == "TIFF":
        data = picture.tag_v2.get(_TIFF_IPTC, b"")  # type: ignore[attr-defined]
    fields: dict[int, object] = {}
    at = 0
    while isinstance(data, bytes) and data[at : at + 2] == b"\x1c\x02" and at + 5 <= len(data):
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        fields.setdefault(data[at + 2], data[at + 5 : at + 5 + size])
        at += 5 + size
    return fields


def _text(value: object) -> str:
    """Text without control characters; notes are written in UTF-8 or, of old, in Latin-1."""
    if isinstance(value, str):
        # Pillow reads EXIF's text as Latin-1, whatever it was written in.
        value = value.encode("latin-1", "ignore")
    if not isinstance(value, bytes):
        return ""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    shown = "".join(each if each.isprintable() else " " for each in text.strip("\0"))
    return " ".join(shown.split())[:_MAX_CHARACTERS]


def _exif_block(credit: Credit) -> bytes:
    """A TIFF with one directory of one or two texts."""
    texts = [
        (tag, text.encode() + b"\0")
        for tag, text in ((_ARTIST, credit.artist), (_COPYRIGHT, credit.copyright))
        if text
    ]
    at = 8 + 2 + 12 * len(texts) + 4
    entries, bodies = b"", b""
    for tag, text in texts:
        fits = len(text) <= 4
        place = text.ljust(4, b"\0") if fits else struct.pack(">I", at + len(bodies))
        entries += struct.pack(">HHI", tag, 2, len(text)) + place
        bodies += b"" if fits else text + b"\0" * (len(text) % 2)
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", len(texts)) + entries + bytes(4) + bodies


def _into_jpeg(data: bytes, block: bytes) -> bytes:
    """Behind JFIF's segment, which has to be the first."""
    at = 2
    if data[2:4] == b"\xff\xe0":
        at += 2 + int.from_bytes(data[4:6], "big")
    content = _EXIF + block
    segment = b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content
    return data[:at] + segment + data[at:]


def _into_png(data: bytes, block: bytes) -> bytes:
    at = next(each.end for each in png.chunks(data) if each.kind == b"IHDR")
    return data[:at] + png.chunk(b"eXIf", block) + data[at:]


def _into_webp(data: bytes, block: bytes) -> bytes:
    body = data[12:]
    if body[:4] != b"VP8X":
        body = _extended_header(body) + body
    body = body[:8] + bytes([body[8] | _WEBP_EXIF_FLAG]) + body[9:]
    chunk = b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)
    whole = b"WEBP" + body + chunk
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


def _extended_header(body: bytes) -> bytes:
    """The header that a WebP of one bare chunk needs before it may hold anything else."""
    if body[:4] == b"VP8L":
        bits = int.from_bytes(body[9:13], "little")
        width, height = bits & 0x3FFF, bits >> 14 & 0x3FFF
        flags = _WEBP_ALPHA_FLAG if bits >> 28 & 1 else 0
    else:
        sides = (int.from_bytes(body[at : at + 2], "little") for at in (14, 16))
        width, height = ((side & 0x3FFF) - 1 for side in sides)
        flags = 0
    content = bytes([flags, 0, 0, 0]) + width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return b"VP8X" + struct.pack("<I", len(content)) + content


_INSERTERS: Final[dict[str, Callable[[bytes, bytes], bytes]]] = {
    "avif": with_exif_item,
    "jpeg": _into_jpeg,
    "png": _into_png,
    "webp": _into_webp,
}
