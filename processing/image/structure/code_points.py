"""Says what an image's colours mean where numbers of ITU-T H.273 (CICP, nclx) or PNG name them."""

from typing import Final

from processing.image.structure.icc_profile import Point, Space, profile
from processing.tone_map import Light

_D65: Final = (0.3127, 0.3290)
_BT709: Final = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_BT2020: Final = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
_P3: Final = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_SMPTE170M: Final = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
# By the number of the primaries: the white, and the three lights.
_LIGHTS: Final[dict[int, tuple[Point, tuple[Point, Point, Point]]]] = {
    1: (_D65, _BT709),
    4: ((0.310, 0.316), ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08))),
    5: (_D65, ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06))),
    6: (_D65, _SMPTE170M),
    7: (_D65, _SMPTE170M),
    9: (_D65, _BT2020),
    11: ((0.314, 0.351), _P3),
    12: (_D65, _P3),
    22: (_D65, ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077))),
}
_GAMMAS: Final = {4: 2.2, 5: 2.8, 8: 1.0}  # by transfer; the others that web images use are sRGB's
_PQ, _HLG = 16, 18
_LIKE_SRGB: Final = frozenset(
    {1, 5, 6, 7, 22}
)  # They are a few per cent apart, which is never meant.
_WEB_GAMMA: Final = 1 / 2.2  # Every PNG of the nineties says so.
_SAME: Final = 0.03


def profile_of(primaries: int, transfer: int) -> bytes | None:
    """An ICC profile for these code points; None where they say sRGB, or nothing."""
    gamma = _GAMMAS.get(transfer)
    is_bright = transfer in {_PQ, _HLG}
    if primaries not in _LIGHTS:
        primaries = 9 if is_bright else 1
    if primaries in _LIKE_SRGB and gamma is None and not is_bright:
        return None
    white, lights = _LIGHTS[primaries]
    red, green, blue = lights
    space = Space(white, red, green, blue, gamma)
    return profile(space, (primaries, transfer) if is_bright else None)


def light_of(primaries: int, transfer: int) -> Light | None:
    """What to tone down where the code points speak of a bright display; None where they do not."""
    if transfer not in {_PQ, _HLG}:
        return None
    names = {9: "bt2020", 11: "p3", 12: "p3"}
    name = names.get(primaries, "bt709")
    return Light("pq" if transfer == _PQ else "hlg", name)  # type: ignore[arg-type]


def profile_of_gamma(gamma: float, chromaticity: tuple[float, ...]) -> bytes | None:
    """An ICC profile for PNG's gAMA and cHRM; None where they say sRGB, or nonsense."""
    is_web = abs(gamma - _WEB_GAMMA) < _SAME
    points = [(chromaticity[at], chromaticity[at + 1]) for at in (0, 2, 4, 6)]
    distance = max(
        abs(a - b)
        for point, usual in zip(points, [_D65, *_BT709], strict=True)
        for a, b in zip(point, usual, strict=True)
    )
    if not 0.05 < gamma < 20 or (is_web and distance < _SAME):
        return None
    white, red, green, blue = points
    try:
        return profile(Space(white, red, green, blue, None if is_web else 1 / gamma))
    except ValueError:
        return None
