"""Finds the rendition to hand over: the planned one, or what may stand in for it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from PIL import Image

from errors import EncodingError
from processing.cleaning import cleaned
from processing.pillow.rendering import (
    Report,
    encoded_animation,
    encoded_still,
    encoded_without_loss,
    rendered_still,
)
from processing.plan_image import ImagePlan, PictureInfo

_WORTH: Final = 0.99  # a result that saves less is not worth a loss
_LOWER_QUALITIES: Final = (78, 70, 60, 45, 30, 15)
_SHRINKING: Final = (2, 4, 8)
_SHRUNK_QUALITY: Final = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoded picture that may become the result."""

    data: bytes
    format_name: str
    plan: ImagePlan  # what it has to look like
    passthrough_reason: str | None = None
    notes: tuple[str, ...] = ()


def smallest(
    picture: Image.Image, info: PictureInfo, plan: ImagePlan, source: Path, report: Report
) -> Candidate:
    """The first candidate that is smaller than the source; the source itself may be one, cleaned.

    Raises EncodingError when there is none, which no picture of more than some 50 bytes does.
    """
    kitchen = _Kitchen(picture, info, plan, source, report)
    for candidate in kitchen.candidates():
        is_source = candidate.passthrough_reason is not None
        if is_source or len(candidate.data) < info.size_bytes * _WORTH:
            return candidate
    raise EncodingError


class _Kitchen:
    """Makes the candidates for one picture, which is decoded once."""

    def __init__(
        self,
        picture: Image.Image,
        info: PictureInfo,
        plan: ImagePlan,
        source: Path,
        report: Report,
    ) -> None:
        self._picture = picture
        self._info = info
        self._plan = plan
        self._source = source
        self._report = report
        self._still = None if plan.is_animated else rendered_still(picture, plan)

    def candidates(self) -> Iterator[Candidate]:
        """In falling order of what they keep of the picture."""
        plan = self._plan
        yield Candidate(self._planned(), plan.target, plan)
        if plan.may_hand_back and (kept := cleaned(self._source.read_bytes(), plan.source)):
            yield Candidate(kept, plan.source, plan, passthrough_reason="not_smaller")
        # A picture that came as AVIF is rarely smaller as WebP of the same looks.
        target = "avif" if "avif" in {plan.target, plan.source} else "webp"
        for quality in _LOWER_QUALITIES:
            data = self._encoded(plan, min(quality, plan.quality), target)
            yield Candidate(data, target, plan, notes=("Quality was lowered to save space.",))
        for by in _SHRINKING:
            small = replace(plan, width=max(1, plan.width // by), height=max(1, plan.height // by))
            data = self._encoded(small, _SHRUNK_QUALITY, "webp")
            yield Candidate(data, "webp", small, notes=("It was shrunk to save space.",))

    def _planned(self) -> bytes:
        data = self._encoded(self._plan, self._plan.quality, self._plan.target)
        without_loss = self._still and encoded_without_loss(self._still, self._plan)
        return min(data, without_loss, key=len) if without_loss else data

    def _encoded(self, plan: ImagePlan, quality: int, target: str) -> bytes:
        if self._still is None:
            return encoded_animation(self._picture, plan, quality, target, self._report)
        size = (plan.width, plan.height)
        still = self._still if self._still.size == size else self._still.resize(size)
        return encoded_still(still, plan, quality, target)
