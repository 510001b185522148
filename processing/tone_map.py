"""Maps high dynamic range and wide gamut to what the web shows: as a table over all colours.

The table is applied by ffmpeg's lut3d filter or Pillow's Color3DLUT, which costs a fraction of the
same arithmetic on every pixel. Light is display light in cd/m2 ("nits"), as BT.2100 defines it.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

Transfer = Literal["pq", "hlg", "sdr"]
Color = tuple[float, float, float]

DEFAULT_PEAK_NITS: Final = 1000.0  # BT.2100's reference display; most HDR is graded on one
# SDR white is as bright as HDR's diffuse white, so that skin and paper look the same (BT.2408).
_WHITE_NITS: Final = 203.0
POINTS: Final = 33  # along each axis; with tetrahedral interpolation within 1/255 of the formula

# SMPTE ST 2084.
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# ARIB STD-B67, as in BT.2100.
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_HLG_GAMMA: Final = 1.2  # of the system, at 1,000 nits

# To BT.709's linear light, both with white D65: rows of red, green, blue.
_TO_BT709: Final = {
    "bt2020": (
        (1.660491, -0.587641, -0.072850),
        (-0.124550, 1.132900, -0.008349),
        (-0.018151, -0.100579, 1.118730),
    ),
    "p3": (
        (1.224940, -0.224940, 0.0),
        (-0.042057, 1.042057, 0.0),
        (-0.019638, -0.078636, 1.098274),
    ),
    "bt709": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}
_BT2020_LUMA: Final = (0.2627, 0.6780, 0.0593)


@dataclass(frozen=True, slots=True)
class Light:
    """What the numbers of an image or a frame mean."""

    transfer: Transfer
    primaries: Literal["bt2020", "p3", "bt709"]
    peak_nits: float = DEFAULT_PEAK_NITS  # brightest light in it; for PQ only


@functools.lru_cache(maxsize=8)
def table(light: Light, *, for_video: bool) -> tuple[Color, ...]:
    """The shown colour for each of 33 x 33 x 33 stored ones, red running fastest; all 0 to 1.

    For video the result is coded for BT.1886 (gamma 2.4), for images in sRGB. Takes a quarter of
    a second the first time.
    """
    linear = [_linear(light.transfer, point / (POINTS - 1)) for point in range(POINTS)]
    coded = _coded_for_video if for_video else _coded_as_srgb
    return tuple(
        _shown((red, green, blue), light, coded)
        for blue in linear
        for green in linear
        for red in linear
    )


def cube_file(light: Light) -> str:
    """The text of a .cube file for ffmpeg's lut3d filter, between full-range RGB of both sides."""
    lines = [
        f"{red:.5f} {green:.5f} {blue:.5f}" for red, green, blue in table(light, for_video=True)
    ]
    return "\n".join([f"LUT_3D_SIZE {POINTS}", *lines, ""])


def _shown(stored: Color, light: Light, coded: Callable[[float], float]) -> Color:
    """The colour to show for one of linear light: toned down, brought into gamut, coded."""
    if light.transfer == "hlg":
        stored = _displayed(stored)
    if light.transfer != "sdr":
        brightest = max(stored)
        peak_nits = DEFAULT_PEAK_NITS if light.transfer == "hlg" else light.peak_nits
        scale = _rolled_off(brightest, peak_nits) / brightest / _WHITE_NITS if brightest else 0.0
        stored = (stored[0] * scale, stored[1] * scale, stored[2] * scale)
    rows = _TO_BT709[light.primaries]
    red, green, blue = (sum(a * b for a, b in zip(row, stored, strict=True)) for row in rows)
    return coded(red), coded(green), coded(blue)


def _linear(transfer: Transfer, value: float) -> float:
    """Light of one stored component: nits for PQ, scene light 0 to 1 for HLG, 0 to 1 for SDR."""
    if transfer == "pq":
        return _pq_nits(value)
    if transfer == "hlg":
        scene = value * value / 3 if value <= 0.5 else (math.exp((value - _C) / _A) + _B) / 12
        return min(scene, 1.0)
    return float(value**2.4)


def _displayed(scene: Color) -> Color:
    """HLG's scene light on the reference display, in nits."""
    luma = sum(a * b for a, b in zip(_BT2020_LUMA, scene, strict=True))
    scale = DEFAULT_PEAK_NITS * luma ** (_HLG_GAMMA - 1) if luma > 0 else 0.0
    return scene[0] * scale, scene[1] * scale, scene[2] * scale


@functools.lru_cache(maxsize=4096)
def _rolled_off(nits: float, peak_nits: float) -> float:
    """`nits` as an SDR display shows them: BT.2390's curve, which leaves the darks alone."""
    peak = _pq_value(peak_nits)
    top = _pq_value(_WHITE_NITS) / peak
    if top >= 1:
        return nits
    knee = 1.5 * top - 0.5
    value = min(_pq_value(nits) / peak, 1.0)
    if value <= knee:
        return nits
    t = (value - knee) / (1 - knee)
    bent = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * top
    )
    return _pq_nits(bent * peak)


def _pq_nits(value: float) -> float:
    power = value ** (1 / _M2)
    return float(10_000 * (max(power - _C1, 0.0) / (_C2 - _C3 * power)) ** (1 / _M1))


def _pq_value(nits: float) -> float:
    power = (nits / 10_000) ** _M1
    return float(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2)


def _coded_for_video(light: float) -> float:
    return float(min(max(light, 0.0), 1.0) ** (1 / 2.4))


def _coded_as_srgb(light: float) -> float:
    light = min(max(light, 0.0), 1.0)
    return 12.92 * light if light <= 0.0031308 else float(1.055 * light ** (1 / 2.4) - 0.055)
