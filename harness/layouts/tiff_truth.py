"""Says which colours the samples of a TIFF mean, by the specification."""

from harness.layouts import tiff_file
from harness.layouts.tiff_file import Layout, Rows

Pixel = tuple[float, float, float, float]  # red, green, blue, alpha: 0 to 255

_COLORS = {
    tiff_file.WHITE_IS_ZERO: 1,
    tiff_file.BLACK_IS_ZERO: 1,
    tiff_file.PALETTE: 1,
    tiff_file.CMYK: 4,
}
_D50 = (0.9642, 1.0, 0.8249)
# From XYZ under D50 to linear sRGB (Bradford).
_FROM_XYZ = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)


def colors(layout: Layout, rows: Rows) -> list[list[Pixel]]:
    """What each pixel has to be shown as."""
    ends = _ends(layout, rows)
    return [[_pixel(layout, samples, ends) for samples in row] for row in rows]


def count_of_colors(photometric: int) -> int:
    """How many samples of a pixel are colour; those behind are extra."""
    return _COLORS.get(photometric, 3)


def _ends(layout: Layout, rows: Rows) -> tuple[float, float]:
    """The values that are black and white: of a usual range that all fit in, or their own."""
    if layout.sample_format == tiff_file.UNSIGNED and layout.bits <= 16:
        return 0.0, float((1 << layout.bits) - 1)
    count = count_of_colors(layout.photometric)
    values = [sample for row in rows for samples in row for sample in samples[:count]]
    low, high = min(values), max(values)
    usual = (1.0, 255.0, 65535.0) if layout.sample_format == tiff_file.FLOAT else (255.0, 65535.0)
    return next(((0.0, top) for top in usual if low >= 0 and high <= top), (low, high))


def _pixel(layout: Layout, samples: tuple[float, ...], ends: tuple[float, float]) -> Pixel:
    count = count_of_colors(layout.photometric)
    low, high = ends
    if layout.photometric == tiff_file.PALETTE:
        size = len(layout.palette) // 3
        colors = [layout.palette[int(samples[0]) + size * band] / 257 for band in range(3)]
    else:
        levels = [255 * (value - low) / (high - low) for value in samples[:count]]
        colors = _shown(layout, levels, samples)
    alpha = 255.0
    for kind, value in zip(layout.extra, samples[count:], strict=True):
        if kind == tiff_file.UNSPECIFIED:
            continue
        alpha = 255 * value / ((1 << layout.bits) - 1)
        if kind == tiff_file.ASSOCIATED:
            colors = [min(255.0, color * 255 / alpha) if alpha else 0.0 for color in colors]
        break
    red, green, blue = colors
    return red, green, blue, alpha


def _shown(layout: Layout, levels: list[float], samples: tuple[float, ...]) -> list[float]:
    kind = layout.photometric
    if kind == tiff_file.WHITE_IS_ZERO:
        return [255 - levels[0]] * 3
    if kind == tiff_file.BLACK_IS_ZERO:
        return [levels[0]] * 3
    if kind == tiff_file.CMYK:
        return [(255 - ink) * (255 - levels[3]) / 255 for ink in levels[:3]]
    if kind == tiff_file.YCBCR:
        light, blue, red = levels[0], levels[1] - 128, levels[2] - 128
        rgb = (light + 1.402 * red, light - 0.344136 * blue - 0.714136 * red, light + 1.772 * blue)
        return [min(255.0, max(0.0, each)) for each in rgb]
    if kind == tiff_file.LAB:
        return _of_lab(layout.bits, samples)
    return levels


def _of_lab(bits: int, samples: tuple[float, ...]) -> list[float]:
    """CIE L*a*b* under D50; a and b are signed, of 16 bits 256 times as large."""
    lightness = samples[0] * 100 / ((1 << bits) - 1)
    a, b = (
        (value - (1 << bits) if value >= 1 << (bits - 1) else value) / (1 << (bits - 8))
        for value in samples[1:3]
    )
    y = (lightness + 16) / 116
    parts = (y + a / 500, y, y - b / 200)
    xyz = [white * _light(part) for white, part in zip(_D50, parts, strict=True)]
    linear = [sum(x * by for x, by in zip(xyz, row, strict=True)) for row in _FROM_XYZ]
    return [255 * _coded(min(1.0, max(0.0, each))) for each in linear]


def _light(part: float) -> float:
    return part**3 if part > 6 / 29 else 3 * (6 / 29) ** 2 * (part - 4 / 29)


def _coded(light: float) -> float:
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
