"""Fills an image of any layout with values in which every mistake would be seen."""

from harness.layouts import png_file, tiff_file, tiff_truth

WIDTH, HEIGHT = 21, 13  # no multiples of a byte's pixels, of a tile, or of anything


def tiff_rows(layout: tiff_file.Layout) -> tiff_file.Rows:
    """Ramps and stripes in the layout's own samples."""
    return [[_tiff_pixel(layout, x, y) for x in range(WIDTH)] for y in range(HEIGHT)]


def png_rows(layout: png_file.Layout) -> png_file.Rows:
    """The same of a PNG."""
    top = (1 << layout.bits) - 1
    if layout.color == png_file.PALETTE:
        return [[((x + y) % (top + 1),) for x in range(WIDTH)] for y in range(HEIGHT)]
    alpha = layout.color in {png_file.GRAY_ALPHA, png_file.RGB_ALPHA}
    colors = png_file.CHANNELS[layout.color] - alpha
    shares = [
        [(*_shares(x, y)[:colors], *([_share_of_alpha(x, y)] * alpha)) for x in range(WIDTH)]
        for y in range(HEIGHT)
    ]
    return [[tuple(round(share * top) for share in pixel) for pixel in row] for row in shares]


def _shares(x: int, y: int) -> tuple[float, ...]:
    return x / (WIDTH - 1), y / (HEIGHT - 1), (x + y) % 7 / 6, (x * 3 + y) % 11 / 10 * 0.6


def _share_of_alpha(x: int, y: int) -> float:
    return 0.2 + 0.8 * ((x * 3 + y) % 11) / 10


def _tiff_pixel(layout: tiff_file.Layout, x: int, y: int) -> tuple[float, ...]:
    count = tiff_truth.count_of_colors(layout.photometric)
    extra = (_share_of_alpha(x, y), 0.4)[: layout.samples - count]
    top = (1 << layout.bits) - 1
    if layout.photometric == tiff_file.PALETTE:
        at = (x + y) % (1 << min(layout.bits, 8))
        return (at, *(round(share * top) for share in extra))
    if layout.photometric == tiff_file.LAB:
        signed = [0.12 * (share - 0.5) % 1 for share in _shares(x, y)[1::-1]]
        return tuple(round(share * top) for share in (0.25 + 0.5 * x / WIDTH, *signed, *extra))
    colors = [*_shares(x, y)[:count]]
    if layout.photometric == tiff_file.YCBCR:
        colors = [0.2 + 0.6 * colors[0], *(0.35 + 0.3 * share for share in colors[1:])]
    if layout.extra[:1] == (tiff_file.ASSOCIATED,):
        colors = [share * extra[0] for share in colors]
    if layout.sample_format == tiff_file.FLOAT:
        return (*colors, *extra)
    most = top if layout.sample_format == tiff_file.UNSIGNED else top >> 1
    return tuple(round(share * most) for share in (*colors, *extra))
