"""Decides everything about a video's rendition: facts and an order in, every number out."""

from dataclasses import dataclass
from typing import Final

from compression_config import PROFILES, Profile, VideoRule
from notes import Note, NoteCode
from order import Order
from processing.allowance import Allowance
from processing.video.copies import Copies, is_stream_kept, plan_copies
from processing.video.output import Output
from processing.video.probe import VideoInfo
from processing.video.reading import Reading, plan_reading
from processing.video.sound import Sound, plan_sound
from processing.video.stream import (
    CopiedVideo,
    EncodedVideo,
    plan_stream,
    rate_cap,
)

_TRUE_OF_COPIES: Final = frozenset({NoteCode.SOUND_LEFT_OUT, NoteCode.END_MISSING})


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """One rendition; nothing is left to decide."""

    reading: Reading
    kept: CopiedVideo | None  # the source's own stream, which is tried first; None: not compact
    video: EncodedVideo
    sound: Sound | None
    tags: tuple[tuple[str, str], ...]  # notices of author and rights, where they are wanted
    copies: Copies  # what may stand in where nothing is gained
    notes: tuple[Note, ...]  # what was changed beyond size

    @property
    def output(self) -> Output:
        """The file that is encoded."""
        return Output(self.video, self.sound, self.tags)

    @property
    def kept_output(self) -> Output | None:
        """The file in which the source's own video stream is kept; None where it is not."""
        return Output(self.kept, self.sound, self.tags) if self.kept else None

    @property
    def kept_notes(self) -> tuple[Note, ...]:
        """Of all that was changed, what holds of a kept stream, too."""
        return tuple(note for note in self.notes if note.code is not NoteCode.LIGHTER_VERSION)

    @property
    def notes_of_copies(self) -> tuple[Note, ...]:
        """Of all that is said, what holds of the source's own streams, too."""
        return tuple(note for note in self.notes if note.code in _TRUE_OF_COPIES)


def plan_video(info: VideoInfo, order: Order, allowance: Allowance) -> VideoPlan:
    """The rendition of `info` under the rule for its size and shape, and what was asked for."""
    track, profile, step = info.video, PROFILES[order.profile], allowance.lighter_step
    rule, cap = rule_for(info, profile), rate_cap(profile, step)
    reading, left = plan_reading(info, cap)
    video = plan_stream(left, rule, profile, order.video_output, step)
    is_kept = is_stream_kept(info, rule, profile, order.video_output)
    return VideoPlan(
        reading=reading,
        kept=CopiedVideo(track.codec, track.width, track.height) if is_kept else None,
        video=video,
        sound=None if info.audio is None else plan_sound(info, info.audio, profile),
        tags=info.rights if order.keep_copyright else (),
        copies=plan_copies(info, video, cap),
        notes=_notes(info, is_lighter=step is not None),
    )


def rule_for(info: VideoInfo, profile: Profile) -> VideoRule:
    """The first video rule whose class holds a file of this size and shape."""
    side_px = min(info.video.shown_size)
    return next(
        rule
        for rule in profile.video
        if (rule.below_bytes is None or info.size_bytes < rule.below_bytes)
        and (rule.up_to_side_px is None or side_px <= rule.up_to_side_px)
    )


def _notes(info: VideoInfo, *, is_lighter: bool) -> tuple[Note, ...]:
    found = {
        NoteCode.LIGHTER_VERSION: is_lighter,
        NoteCode.HDR_MAPPED: info.video.is_hdr,
        NoteCode.TRANSPARENCY_OVER_WHITE: info.video.has_alpha,
        NoteCode.SOUND_MIXED_DOWN: bool(info.audio and info.audio.channels > 2),
        NoteCode.SOUND_LEFT_OUT: info.has_lost_sound,
        NoteCode.END_MISSING: info.is_cut_short,
        NoteCode.DEINTERLACED: info.video.is_interlaced,
    }
    return tuple(Note(code) for code, applies in found.items() if applies)
