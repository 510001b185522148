"""Reads the names of author and owner from an image's metadata."""

import struct
from typing import Final

from PIL import Image

from processing.image.structure.credit import ARTIST, COPYRIGHT, Credit

_BY_LINE, _NOTICE = 80, 116  # of IPTC IIM's second record
_PHOTOSHOP_IPTC: Final = 0x0404
_TIFF_IPTC: Final = 33723
_MAX_CHARACTERS: Final = 1000


def credit_of(image: Image.Image) -> Credit:
    """What an image says in EXIF, else in IPTC; only text that can be shown, cut to 1,000."""
    exif, iptc = _exif_tags(image), _iptc_fields(image)
    return Credit(
        artist=_text(exif.get(ARTIST)) or _text(iptc.get(_BY_LINE)),
        copyright=_text(exif.get(COPYRIGHT)) or _text(iptc.get(_NOTICE)),
    )


def _exif_tags(image: Image.Image) -> dict[int, object]:
    exif = Image.Exif()
    try:
        if image.format == "TIFF":
            return {tag: image.tag_v2.get(tag) for tag in (ARTIST, COPYRIGHT)}  # type: ignore[attr-defined]
        exif.load(image.info.get("exif") or b"")
        return {tag: exif.get(tag) for tag in (ARTIST, COPYRIGHT)}
    except (OSError, SyntaxError, ValueError, KeyError, TypeError, struct.error):
        return {}


def _iptc_fields(image: Image.Image) -> dict[int, object]:
    """The first of each field in the second record of IPTC's metadata, if there is any."""
    resources = image.info.get("photoshop")
    data = resources.get(_PHOTOSHOP_IPTC, b"") if isinstance(resources, dict) else b""
    if image.format == "TIFF":
        data = image.tag_v2.get(_TIFF_IPTC, b"")  # type: ignore[attr-defined]
    fields: dict[int, object] = {}
    at = 0
    while isinstance(data, bytes) and data[at : at + 2] == b"\x1c\x02" and at + 5 <= len(data):
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        fields.setdefault(data[at + 2], data[at + 5 : at + 5 + size])
        at += 5 + size
    return fields


def _text(value: object) -> str:
    """Text without control characters; metadata is written in UTF-8 or, of old, in Latin-1."""
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
