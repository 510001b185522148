"""Writes small ICC profiles for images that describe their colours in other words."""

import functools
from typing import Final, NamedTuple

from processing.image.structure.icc import assembled

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]
Point = tuple[float, float]  # x and y of CIE 1931

_D50: Final = (0.9642, 1.0, 0.8249)  # the white that all ICC profiles speak of
_BRADFORD: Final = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
# sRGB's curve for lcms: IEC 61966-2-1, as parameters g, a, b, c, d of ICC.1's type 3.
_SRGB_CURVE: Final = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


class Space(NamedTuple):
    """A colour space of three lights; `gamma` None: sRGB's curve."""

    white: Point
    red: Point
    green: Point
    blue: Point
    gamma: float | None = None


@functools.lru_cache(maxsize=16)
def profile(space: Space, code_points: tuple[int, int] | None = None) -> bytes:
    """An ICC profile of `space`; `code_points` (ITU-T H.273 primaries, transfer) go along with it.

    ValueError when no colours can be made of these lights.
    """
    columns = _columns(space)
    curve = _curve(space.gamma)
    tags = {
        b"desc": b"mluc" + bytes(4) + _numbers(1, 12) + b"enUS" + _numbers(2, 28) + b"\0-",
        b"cprt": b"mluc" + bytes(4) + _numbers(1, 12) + b"enUS" + _numbers(2, 28) + b"\0-",
        b"wtpt": _xyz(_D50),
        b"rXYZ": _xyz(columns[0]),
        b"gXYZ": _xyz(columns[1]),
        b"bXYZ": _xyz(columns[2]),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    if code_points:
        tags[b"cicp"] = b"cicp" + bytes(4) + bytes([*code_points, 0, 1])
    return _assembled(tags)


def code_points_in(data: bytes) -> tuple[int, int] | None:
    """The primaries and the transfer that a profile's cicp tag names; None without one."""
    for at in range(132, min(132 + 12 * int.from_bytes(data[128:132], "big"), len(data)), 12):
        if data[at : at + 4] == b"cicp":
            start = int.from_bytes(data[at + 4 : at + 8], "big")
            found = data[start + 8 : start + 10]
            return (found[0], found[1]) if len(found) == 2 else None
    return None


def _columns(space: Space) -> tuple[Vector, Vector, Vector]:
    """The three lights as XYZ under D50."""
    red, green, blue = map(_to_xyz, (space.red, space.green, space.blue))
    white = _to_xyz(space.white)
    lights: Matrix = tuple(zip(red, green, blue, strict=True))  # type: ignore[assignment]
    shares = _times(_inverse(lights), white)
    if not all(share > 0 for share in shares):
        raise ValueError("these lights do not make that white")
    cone, cone_d50 = _times(_BRADFORD, white), _times(_BRADFORD, _D50)
    back = _inverse(_BRADFORD)

    def adapted(light: Vector, share: float) -> Vector:
        cones = _times(_BRADFORD, light)
        scaled = tuple(c * share * to / by for c, to, by in zip(cones, cone_d50, cone, strict=True))
        return _times(back, scaled)  # type: ignore[arg-type]

    return adapted(red, shares[0]), adapted(green, shares[1]), adapted(blue, shares[2])


def _to_xyz(point: Point) -> Vector:
    x, y = point
    if y <= 0:
        raise ValueError("a colour without light")
    return x / y, 1.0, (1 - x - y) / y


def _times(matrix: Matrix, vector: Vector) -> Vector:
    one, two, three = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return one, two, three


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(determinant) < 1e-9:
        raise ValueError("the three lights lie on one line")
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    one, two, three = (tuple(each / determinant for each in row) for row in rows)
    return one, two, three  # type: ignore[return-value]


def _curve(gamma: float | None) -> bytes:
    kind, values = (0, (gamma,)) if gamma is not None else (3, _SRGB_CURVE)
    return b"para" + bytes(4) + kind.to_bytes(2, "big") + bytes(2) + b"".join(map(_fixed, values))


def _xyz(values: Vector) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, values))


def _fixed(value: float) -> bytes:
    return round(max(-32768.0, min(value, 32767.0)) * 65536).to_bytes(4, "big", signed=True)


def _numbers(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "big") for value in values)


def _assembled(tags: dict[bytes, bytes]) -> bytes:
    head = bytes(8) + bytes.fromhex("04400000") + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + b"".join(map(_fixed, _D50))
    return assembled(head.ljust(128, b"\0"), tags)
