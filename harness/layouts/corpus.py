"""Every layout of TIFF and PNG that a writer may choose, each with what it has to show."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from harness.layouts import png_file, tiff_file, tiff_truth
from harness.layouts.scenes import HEIGHT, WIDTH, png_rows, tiff_rows

_UNSIGNED, _SIGNED, _FLOAT = tiff_file.UNSIGNED, tiff_file.SIGNED, tiff_file.FLOAT
_EXTRAS = ((), (0,), (1,), (2,), (0, 0), (1, 0), (2, 0))
_GRAYS = (tiff_file.WHITE_IS_ZERO, tiff_file.BLACK_IS_ZERO)


class Sample(NamedTuple):
    """One file."""

    layout: tiff_file.Layout | png_file.Layout
    data: bytes
    shown: list[list[tuple[float, float, float, float]]]

    @property
    def format_name(self) -> str:
        """By the name that the product has for it."""
        return "tiff" if isinstance(self.layout, tiff_file.Layout) else "png"


def samples(every: int = 1) -> Iterator[Sample]:
    """All of them, or every so many'th."""
    tiffs = (_of_tiff(layout) for layout in itertools.islice(_tiffs(), 0, None, every))
    pngs = (_of_png(layout) for layout in itertools.islice(_pngs(), 0, None, every))
    return itertools.chain(tiffs, pngs)


def of_tiff(layout: tiff_file.Layout) -> Sample:
    """A file of one chosen layout, whatever size it says."""
    return _of_tiff(replace(layout, width=WIDTH, height=HEIGHT))


def _of_tiff(layout: tiff_file.Layout) -> Sample:
    rows = tiff_rows(layout)
    return Sample(layout, tiff_file.tiff(layout, rows), tiff_truth.colors(layout, rows))


def _of_png(layout: png_file.Layout) -> Sample:
    rows = png_rows(layout)
    if layout.transparency and not layout.palette:
        layout = replace(layout, transparency=rows[HEIGHT // 2][WIDTH // 2])
    return Sample(layout, png_file.png(layout, rows), png_file.colors(layout, rows))


def _pngs() -> Iterator[png_file.Layout]:
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    for color, all_bits in depths.items():
        for bits, filtering, is_interlaced in itertools.product(all_bits, range(6), (False, True)):
            layout = png_file.Layout(WIDTH, HEIGHT, color, bits, filtering, is_interlaced)
            if color == png_file.PALETTE:
                colors = range(1 << bits)
                palette = tuple((at * 40 % 256, 255 - at, at * 7 % 256) for at in colors)
                layout = replace(layout, palette=palette)
            yield layout
            if color < png_file.GRAY_ALPHA:
                yield replace(layout, transparency=(0, 90))


def _tiffs() -> Iterator[tiff_file.Layout]:
    for photometric, bits, sample_format, extra in _kinds():
        count = tiff_truth.count_of_colors(photometric) + len(extra)
        kind = tiff_file.Layout(WIDTH, HEIGHT, count, photometric, bits, sample_format, extra)
        if photometric == tiff_file.PALETTE:
            kind = replace(kind, palette=_palette(bits))
        if photometric == tiff_file.YCBCR:  # neither direction is subsampled
            kind = replace(kind, more_tags=((530, tiff_file.SHORT, (1, 1)),))
        for compression, predictor in _packings(bits, sample_format):
            yield from _arrangements(replace(kind, compression=compression, predictor=predictor))


def _kinds() -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
    product = itertools.product
    yield from product(_GRAYS, (1, 2, 4, 6, 8, 10, 12, 14, 16, 24, 32), (_UNSIGNED,), ((),))
    yield from product(_GRAYS, (8, 16, 32), (_SIGNED,), ((),))
    yield from product((*_GRAYS, tiff_file.RGB), (16, 32, 64), (_FLOAT,), ((),))
    yield from product(_GRAYS, (8, 16), (_UNSIGNED,), _EXTRAS[1:4])
    yield from product((tiff_file.RGB,), (2, 4, 8, 10, 12, 16, 32), (_UNSIGNED,), _EXTRAS)
    yield from product((tiff_file.PALETTE,), (1, 2, 4, 8, 16), (_UNSIGNED,), ((),))
    yield from product((tiff_file.PALETTE,), (8,), (_UNSIGNED,), _EXTRAS[1:4])
    yield from product((tiff_file.CMYK,), (8, 16), (_UNSIGNED,), _EXTRAS[:4])
    yield from product((tiff_file.YCBCR,), (8,), (_UNSIGNED,), ((),))
    yield from product((tiff_file.LAB,), (8, 16), (_UNSIGNED,), ((), (0,), (2,)))


def _packings(bits: int, sample_format: int) -> Iterator[tuple[int, int]]:
    plain, horizontal = tiff_file.PLAIN, tiff_file.HORIZONTAL
    for compression in (tiff_file.NONE, tiff_file.PACKBITS, tiff_file.OLD_DEFLATE):
        yield compression, plain
    for compression in (tiff_file.LZW, tiff_file.DEFLATE):
        yield compression, plain
        if bits in {8, 16, 32} and sample_format != _FLOAT:
            yield compression, horizontal
    if sample_format == _FLOAT:
        yield tiff_file.DEFLATE, tiff_file.FLOATING


def _arrangements(layout: tiff_file.Layout) -> Iterator[tiff_file.Layout]:
    planes = (False, True) if layout.samples > 1 else (False,)
    pieces: tuple[tuple[tuple[int, int] | None, int], ...] = ((None, 0), (None, 5), ((16, 16), 0))
    for order, is_planar, (tile, rows), fill in itertools.product("<>", planes, pieces, (1, 2)):
        arranged = replace(
            layout,
            order=order,
            is_planar=is_planar,
            tile=tile,
            rows_per_strip=rows,
            fill_order=fill,
        )
        yield arranged
        if order == "<" and layout.compression in {tiff_file.NONE, tiff_file.DEFLATE}:
            yield replace(arranged, is_big=True)


def _palette(bits: int) -> tuple[int, ...]:
    places = range(1 << bits)
    bands = ([at * 40 for at in places], [255 - at * 3 for at in places], [at * 7 for at in places])
    return tuple(value % 256 * 257 for band in bands for value in band)
