"""Decides how channels become two, or one, where ffmpeg has no matrix of its own.

Ffmpeg mixes every layout that has a name. It refuses those that are only lists of channels, what
an ambisonic microphone heard, and more channels than have names.
"""

import re
from collections.abc import Sequence
from typing import Final

_STEREO: Final = 2
_MOST_NAMED_CHANNELS: Final = 8  # Beyond 7.1 a layout that is not told cannot be guessed.
_LIST: Final = re.compile(r"\d+ channels \((.+)\)")
_AMBISONIC: Final = re.compile(r"ambisonic (\d+)")
_QUIETER: Final = 0.707  # what is not in front, or in the middle
_HALF: Final = 0.5
_ALL: Final = 0.9999  # With gains of exactly one the filter renames channels, and refuses some.
_FRONT: Final = frozenset({"FL", "FR", "DL", "DR"})

Matrix = tuple[dict[int, float], dict[int, float]]  # how much of which channel, left and right


def mixing(layout: str, channels: int) -> str | None:
    """The filter that mixes `layout`, in ffprobe's words, down; None: ffmpeg knows how."""
    if channels == 1:
        return "pan=mono|c0=c0" if _LIST.fullmatch(layout) else None
    if found := _LIST.fullmatch(layout):
        return mixing_of_names(found[1].split("+"))
    if found := _AMBISONIC.match(layout):
        return _pan(_ambisonic(int(found[1]), channels))
    if channels > _MOST_NAMED_CHANNELS and not layout:
        return _pan(_by_position(range(channels)))
    return None


def mixing_of_names(names: Sequence[str]) -> str:
    """The filter that mixes channels of these names, like FL and LFE, to stereo."""
    aside = _QUIETER if _FRONT.intersection(names) else 1.0
    gains = [1.0 if name in _FRONT else aside for name in names]
    left = {at: gains[at] for at, name in enumerate(names) if _is_at(name, "L")}
    right = {at: gains[at] for at, name in enumerate(names) if _is_at(name, "R")}
    middle = {at: _QUIETER for at, name in enumerate(names) if _is_middle(name)}
    strangers = [at for at, name in enumerate(names) if not _is_known(name)]
    more_left, more_right = _by_position(strangers)
    matrix = ({**left, **middle, **more_left}, {**right, **middle, **more_right})
    return _pan(matrix if any(matrix) else _by_position(range(len(names))))


def _is_known(name: str) -> bool:
    return name.startswith("LFE") or _is_middle(name) or _is_at(name, "L") or _is_at(name, "R")


def _is_middle(name: str) -> bool:
    return name in {"FC", "BC", "TC", "TFC", "TBC", "BFC"}


def _is_at(name: str, side: str) -> bool:
    """Whether a channel is on the side L or R: FL, FLC, SL, TBL, WL, SDL and the like."""
    return re.fullmatch(rf"(?:T?[FBS]|W|D|SD|BF|TS){side}C?", name) is not None


def _ambisonic(order: int, channels: int) -> Matrix:
    """Two microphones back to back, from the sound of all sides (W) and of left less right (Y)."""
    left, right = {0: _HALF, 1: _HALF}, {0: _HALF, 1: -_HALF}
    beside = (order + 1) ** 2  # Two channels more are for both ears, however the head is turned.
    if channels == beside + _STEREO:
        left[beside] = right[beside + 1] = 1.0
    return left, right


def _by_position(places: Sequence[int]) -> Matrix:
    """Channels of no known place: the first of each two on the left, the second on the right."""
    sides = places[::2], places[1::2] or places[::2]
    left, right = ({at: len(side) ** -0.5 for at in side} for side in sides)
    return left, right


def _pan(matrix: Matrix) -> str:
    left, right = (side or other for side, other in zip(matrix, matrix[::-1], strict=True))
    return f"pan=stereo|c0={_sum(left)}|c1={_sum(right)}"


def _sum(parts: dict[int, float]) -> str:
    loudest = max(1.0, *map(abs, parts.values()))
    gains = {at: _ALL * gain / loudest for at, gain in sorted(parts.items())}
    terms = "".join(f"{gain:+.4g}*c{at}" for at, gain in gains.items())
    return terms.removeprefix("+")
