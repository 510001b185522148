"""Finds the rendition to hand over: the planned one, or what may stand in for it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from errors import EncodingError
from notes import Note, NoteCode
from processing.image.info import ImageInfo
from processing.image.pixels.animation import encoded_animation
from processing.image.pixels.damage import failures_mean_damage
from processing.image.pixels.decoding import decode
from processing.image.pixels.encoding import (
    Quality,
    encoded_in_few_colors,
    encoded_still,
    encoded_without_loss,
)
from processing.image.pixels.opened import Opened
from processing.image.pixels.pipeline import rendered_still
from processing.image.pixels.thin_colors import has_thin_colors
from processing.image.plan import ImagePlan
from processing.image.structure.cleaning import cleaned
from processing.rendition import PassthroughReason

if TYPE_CHECKING:
    from PIL import Image

_WORTH: Final = 0.99  # A result that saves less is not worth a loss.
_LOWER_QUALITIES: Final = (78, 70, 60, 45, 30, 15)
_LOWER_QUALITIES_OF_ANIMATIONS: Final = (45,)
# WebP stores transparency without loss, of 16 levels at 70 and 10 at 40, which smooth edges still
# have enough of. Of more levels than that it is hardly smaller, or even larger, than of all.
_LOWER_QUALITIES_OF_ALPHA: Final = (70, 40)
_LOWEST_OF_ALPHA: Final = 30
_EXACT: Final = 100
_MOST_SAVED_BY_A_STEP: Final = 0.06  # of quality; of the bytes, WebP near 80
_SHRINKING: Final = (2, 4, 8)
_STILL_READABLE: Final = 2  # Shrunk by more, a page or a drawing is a thumbnail.
_SHRUNK_QUALITY: Final = Quality(30, _LOWEST_OF_ALPHA)
# Lossy WebP blurs coloured type; a drawing is worth a third more without a loss, a tiny one any.
_WORTH_OF_NO_LOSS: Final = 1.3
_TINY_PIXELS: Final = 256 * 256
_TRY: Final = 0.1  # A try takes such a share of what is left: nobody knows how many there will be.

Report = Callable[[float], None]  # It is told the share that is done, from 0 to 1.


class Candidate(NamedTuple):
    """An encoded image that may become the result."""

    data: bytes
    format_name: str
    plan: ImagePlan  # what it has to look like
    passthrough_reason: PassthroughReason | None = None
    notes: tuple[Note, ...] = ()


def first_that_pays(opened: Opened, info: ImageInfo, plan: ImagePlan, report: Report) -> Candidate:
    """The first candidate that is smaller than the source; the source itself may be one, cleaned.

    Raises EncodingError when there is none: of a source of some 50 bytes that may not stand in.
    """
    for candidate in _Candidates(opened, info, plan, report).in_order():
        is_source = candidate.passthrough_reason is not None
        if is_source or len(candidate.data) < info.size_bytes * _WORTH:
            return candidate
    raise EncodingError


class _Candidates:
    """Makes the candidates for one image, which is decoded once."""

    def __init__(self, opened: Opened, info: ImageInfo, plan: ImagePlan, report: Report) -> None:
        self._opened = opened
        self._info = info
        self._plan = plan
        self._report = report
        self._still: Image.Image | None = None
        self._is_sharp = False
        self._share = 0.0

    def in_order(self) -> Iterator[Candidate]:
        """In falling order of what they keep of the image."""
        plan = self._plan
        if plan.is_already_compact:
            self._decode_all()  # This may also tell that the end is missing.
            yield from self._source(plan, PassthroughReason.ALREADY_COMPACT)
        if not plan.is_animated:
            self._still = rendered_still(self._opened, plan)
            self._is_sharp = has_thin_colors(self._still)
            self._report_a_try()
        yield Candidate(self._planned(), plan.target, plan)
        if plan.may_hand_back:
            yield from self._source(plan, PassthroughReason.NOT_SMALLER)
        yield from self._in_few_colors()
        yield from self._of_lower_quality()
        yield from self._shrunk()

    def _source(
        self, plan: ImagePlan, reason: PassthroughReason, *notes: Note
    ) -> Iterator[Candidate]:
        """The source itself, cleaned, where that can be done."""
        if self._opened.is_cut:
            return  # It was completed here; others would not open it.
        data, is_srgb = self._opened.path.read_bytes(), self._info.is_srgb
        if kept := cleaned(data, plan.source, keeps_profile=not is_srgb):
            yield Candidate(kept, plan.source, plan, reason, notes)

    def _in_few_colors(self) -> Iterator[Candidate]:
        """Of a line drawing, which every lossy format makes larger than what scanners send."""
        if self._still is None or self._plan.target != "webp":
            return
        for data, colors in encoded_in_few_colors(self._still, self._plan):
            self._report_a_try()
            note = Note(NoteCode.COLORS_REDUCED, (str(colors),))
            yield Candidate(data, "webp", self._plan, notes=(note,))

    def _of_lower_quality(self) -> Iterator[Candidate]:
        plan = self._plan
        # An image that came as AVIF is rarely smaller as WebP of the same looks.
        target = "avif" if "avif" in {plan.target, plan.source} else "webp"
        steps = list(self._lower_qualities())
        data, tried = b"", steps[0]
        for quality in steps:
            if not self._may_do(len(data), tried, quality) and quality != steps[-1]:
                continue
            data, tried = self._encoded(plan, quality, target), quality
            yield Candidate(data, target, plan, notes=(Note(NoteCode.QUALITY_LOWERED),))

    def _lower_qualities(self) -> Iterator[Quality]:
        """Ever lower ones; first of the transparency, if there is any, then of the colours."""
        most = self._plan.quality
        if self._still is None:
            # Each try of an animation may take as long as all that was done so far.
            alpha = _LOWER_QUALITIES_OF_ALPHA[-1] if self._info.has_alpha else _EXACT
            yield from (Quality(min(step, most), alpha) for step in _LOWER_QUALITIES_OF_ANIMATIONS)
            return
        alpha = _EXACT
        if self._still.mode == "RGBA":
            for alpha in _LOWER_QUALITIES_OF_ALPHA:
                yield Quality(most, alpha)
        yield from (Quality(min(step, most), alpha) for step in _LOWER_QUALITIES)
        if self._still.mode == "RGBA":
            yield Quality(min(_LOWER_QUALITIES[-1], most), _LOWEST_OF_ALPHA)

    def _may_do(self, tried_bytes: int, tried: Quality, quality: Quality) -> bool:
        """Whether so much less quality than one that was too large may make it small enough."""
        steps = tried.of_colors - quality.of_colors
        is_of_colors_alone = tried.of_alpha == quality.of_alpha
        most_saved = 1 - (1 - _MOST_SAVED_BY_A_STEP) ** steps
        return not is_of_colors_alone or tried_bytes * (1 - most_saved) < self._info.size_bytes

    def _shrunk(self) -> Iterator[Candidate]:
        """Ever smaller; before it is too small to be read, the source at its own size."""
        plan = self._plan
        for by in _SHRINKING:
            if by > _STILL_READABLE and plan.own_size:
                whole = replace(plan, width=plan.own_size[0], height=plan.own_size[1])
                note = Note(NoteCode.SIZE_KEPT)
                yield from self._source(whole, PassthroughReason.NOT_SMALLER, note)
            small = replace(plan, width=max(1, plan.width // by), height=max(1, plan.height // by))
            data = self._encoded(small, _SHRUNK_QUALITY, "webp")
            yield Candidate(data, "webp", small, notes=(Note(NoteCode.IMAGE_SHRUNK),))

    def _decode_all(self) -> None:
        """Find out whether every frame can be decoded: what is handed on unseen may be damaged."""
        with failures_mean_damage():
            for number in range(self._plan.frames):
                self._opened.image.seek(number)
                decode(self._opened)
                self._report(number / self._plan.frames)

    def _planned(self) -> bytes:
        plan = self._plan
        without_loss = self._still and encoded_without_loss(self._still, plan)
        self._report_a_try()
        if without_loss and self._is_tiny(without_loss):
            return without_loss
        data = self._encoded(plan, Quality(plan.quality), plan.target)
        if without_loss and len(without_loss) <= len(data) * _WORTH_OF_NO_LOSS:
            return without_loss if self._is_worth_it(without_loss) else data
        return data

    def _is_tiny(self, data: bytes) -> bool:
        return self._plan.width * self._plan.height <= _TINY_PIXELS and self._is_worth_it(data)

    def _is_worth_it(self, data: bytes) -> bool:
        return len(data) < self._info.size_bytes * _WORTH

    def _encoded(self, plan: ImagePlan, quality: Quality, target: str) -> bytes:
        if self._still is None:
            return encoded_animation(self._opened, plan, quality, target, self._report)
        self._report_a_try()
        size = (plan.width, plan.height)
        still = self._still if self._still.size == size else self._still.resize(size)
        return encoded_still(still, plan, quality._replace(is_sharp=self._is_sharp), target)

    def _report_a_try(self) -> None:
        """Show that it goes on: a child that is silent for a minute is taken for hung."""
        self._share += (1 - self._share) * _TRY
        self._report(self._share)
