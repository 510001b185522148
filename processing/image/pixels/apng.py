"""Composes the frames of an animated PNG as its specification says; Pillow blends them wrongly."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import Image

from processing.image.pixels.depth import in_8_bits
from processing.image.structure import png

_BLEND_OVER: Final = 1
_CLEAR: Final = 1  # This is done to a frame's place after it was shown.
_RESTORE: Final = 2
_DEFAULT_DENOMINATOR: Final = 100


@dataclass(slots=True)
class _Piece:
    """One frame as it is stored: an image that covers a part of the canvas."""

    box: tuple[int, int, int, int]
    duration_ms: float
    disposal: int
    blending: int
    data: bytearray  # compressed


class AnimatedPng:
    """The frames of one file, to be asked for in order; going back starts again."""

    def __init__(self, data: bytes) -> None:
        """Read the chunks of `data`; no pixel is decoded yet."""
        self._header = png.body(data, b"IHDR") or b""
        self._shared = b"".join(
            data[each.at : each.end] for each in png.chunks(data) if each.kind in {b"PLTE", b"tRNS"}
        )
        self._pieces = list(_pieces(data))
        self._start()

    def frame(self, number: int) -> Image.Image:
        """A frame as it is shown, RGBA, its duration (ms) in its info; EOFError: there is none."""
        if number >= len(self._pieces):
            raise EOFError
        if number < self._next:
            self._start()
        while self._next <= number:
            self._advance()
        self._shown.info["duration"] = self._pieces[number].duration_ms
        return self._shown

    def _start(self) -> None:
        self._canvas = Image.new("RGBA", struct.unpack_from(">II", self._header))
        self._shown = self._canvas
        self._next = 0

    def _advance(self) -> None:
        piece = self._pieces[self._next]
        before = self._canvas.copy() if piece.disposal == _RESTORE else None
        decoded = self._decoded(piece)
        if piece.blending == _BLEND_OVER:
            self._canvas.alpha_composite(decoded, piece.box[:2])
        else:
            self._canvas.paste(decoded, piece.box[:2])
        self._shown = self._canvas.copy()
        is_first = self._next == 0
        if piece.disposal == _CLEAR or (piece.disposal == _RESTORE and is_first):
            self._canvas.paste((0, 0, 0, 0), piece.box)
        elif before is not None:
            self._canvas = before
        self._next += 1

    def _decoded(self, piece: _Piece) -> Image.Image:
        left, top, right, bottom = piece.box
        if right > self._canvas.width or bottom > self._canvas.height:
            raise ValueError("a frame reaches over the edge")
        size = struct.pack(">II", right - left, bottom - top)
        alone = (
            png.SIGNATURE
            + png.chunk(b"IHDR", size + self._header[8:])
            + self._shared
            + png.chunk(b"IDAT", bytes(piece.data))
            + png.chunk(b"IEND", b"")
        )
        decoded = Image.open(io.BytesIO(alone), formats=["PNG"])
        fit_transparent_color(decoded, self._header[8])
        return in_8_bits(decoded).convert("RGBA")


def fit_transparent_color(image: Image.Image, bits: int) -> None:
    """Change the one colour that a PNG of so many bits a channel names transparent."""
    key = image.info.get("transparency")
    if isinstance(key, int) and image.mode == "L" and bits < 8:
        image.info["transparency"] = key * 255 // ((1 << bits) - 1)  # as Pillow widens pixels
    if isinstance(key, tuple) and bits == 16:
        image.info["transparency"] = tuple(value >> 8 for value in key)


def _pieces(data: bytes) -> Iterator[_Piece]:
    """The frames of the animation; a still for older readers before the first is not one."""
    piece = None
    for each in png.chunks(data):
        body = data[each.at + 8 : each.end - 4]
        if each.kind == b"fcTL":
            if piece is not None:
                yield piece
            piece = _begun(body)
        elif piece is not None and each.kind in {b"IDAT", b"fdAT"}:
            piece.data += body[4:] if each.kind == b"fdAT" else body
    if piece is not None:
        yield piece


def _begun(control: bytes) -> _Piece:
    width, height, left, top, delay, per_s, disposal, blending = struct.unpack(
        ">4I2H2B", control[4:]
    )
    return _Piece(
        box=(left, top, left + width, top + height),
        duration_ms=1000 * delay / (per_s or _DEFAULT_DENOMINATOR),
        disposal=disposal,
        blending=blending,
        data=bytearray(),
    )
