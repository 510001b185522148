"""Keeps of XMP what makes a panorama all around one: how the sphere was laid onto the image."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from notes import Note, NoteCode
from processing.image.structure import jpeg, png, webp
from processing.isobmff.avif_exif import with_xmp_item

_NAMESPACE: Final = b"http://ns.google.com/photos/1.0/panorama/"
_MOST_BYTES: Final = 1 << 20  # of XMP that are looked through
_KINDS: Final = frozenset({"equirectangular", "cylindrical"})
# Sizes and places in pixels, which are scaled with the image, and angles of how it is first shown.
# Where it was taken, when and which way north is stay out.
_ACROSS: Final = ("FullPanoWidthPixels", "CroppedAreaImageWidthPixels", "CroppedAreaLeftPixels")
_DOWN: Final = ("FullPanoHeightPixels", "CroppedAreaImageHeightPixels", "CroppedAreaTopPixels")
_ANGLES: Final = (
    *("PosePitchDegrees", "PoseRollDegrees", "InitialHorizontalFOVDegrees"),
    *("InitialViewHeadingDegrees", "InitialViewPitchDegrees", "InitialViewRollDegrees"),
)
_INSERTERS: Final[dict[str, Callable[[bytes, bytes], bytes]]] = {
    "avif": with_xmp_item,
    "jpeg": jpeg.with_xmp,
    "png": png.with_xmp,
    "webp": webp.with_xmp,
}


class Projection(NamedTuple):
    """How the sphere around a camera was laid onto an image."""

    kind: str
    numbers: dict[str, float]  # pixels of the image it was read from, and degrees

    def scaled(self, across: float, down: float) -> "Projection":
        """The same of an image of other sides."""
        by = dict.fromkeys(_ACROSS, across) | dict.fromkeys(_DOWN, down)
        numbers = {
            name: round(value * by[name]) if name in by else value
            for name, value in self.numbers.items()
        }
        return self._replace(numbers=numbers)

    def packet(self) -> bytes:
        """It as XMP, which says nothing else."""
        said = {"ProjectionType": self.kind, "UsePanoramaViewer": "True"}
        said |= {name: f"{value:g}" for name, value in self.numbers.items() if name in _ANGLES}
        said |= {name: f"{value:.0f}" for name, value in self.numbers.items() if name not in said}
        attributes = "".join(f' GPano:{name}="{value}"' for name, value in said.items())
        return (
            b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
            b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
            b' rdf:about="" xmlns:GPano="' + _NAMESPACE + b'"' + attributes.encode() + b"/>"
            b"</rdf:RDF></x:xmpmeta>"
        )


def projection_in(xmp: bytes) -> Projection | None:
    """What a packet of XMP says of it; None where it says nothing that can be used."""
    xmp = xmp[:_MOST_BYTES]
    prefix = re.search(rb"xmlns:([\w.-]{1,40})\s*=\s*[\"']" + re.escape(_NAMESPACE), xmp)
    if not prefix:
        return None
    name = re.escape(prefix[1])
    attributes = re.findall(rb"\b" + name + rb":(\w{1,40})\s*=\s*[\"']([^\"'<]{0,40})", xmp)
    elements = re.findall(rb"<" + name + rb":(\w{1,40})>\s*([^<]{0,40})", xmp)
    said = {key.decode(): value.decode("latin-1").strip() for key, value in attributes + elements}
    if said.get("ProjectionType") not in _KINDS:
        return None
    numbers = {key: _number(said[key]) for key in (*_ACROSS, *_DOWN, *_ANGLES) if key in said}
    return Projection(
        said["ProjectionType"],
        {key: value for key, value in numbers.items() if value is not None},
    )


def add_projection(
    path: Path, format_name: str, projection: Projection, most_bytes: int
) -> tuple[Note, ...]:
    """Write `projection` into the finished image at `path`, if there is room; what to say of it."""
    insert = _INSERTERS.get(format_name)
    silent = path.read_bytes()
    speaking = insert(silent, projection.packet()) if insert else silent
    if speaking == silent or len(speaking) > most_bytes:
        return (Note(NoteCode.PROJECTION_LEFT_OUT),)
    path.write_bytes(speaking)
    return ()


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d{1,7}(\.\d{1,9})?", text) else None
