"""Measures a video: what its bytes and ffprobe say is inside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from compression_config import LIMITS
from errors import (
    CorruptMediaError,
    LimitDurationError,
    LimitFramesError,
    NoVideoError,
    UnsupportedMediaError,
)
from processing.formats import Format
from processing.isobmff.mp4_index import IndexedTrack, read_index
from processing.isobmff.mp4_size_claims import refuse_false_claims
from processing.video.container_crop import container_crop
from processing.video.encryption import is_encrypted
from processing.video.openable import Opened, ask_what_opens
from processing.video.sound_tracks import AudioTrack, main_audio, sounds_with
from processing.video.tracks import VideoTrack, cropped, main_video
from processing.video.truncation import missing_share

_TOLERATED_MISSING_SHARE: Final = 0.05
_HELD_S: Final = 0.1
_LATE_S: Final = 0.05
_AAC_SAMPLES: Final = 1024  # in a packet, of the only kind of sound that is ever copied
_MOST_SOUND_MISSING_S: Final = 0.03
# The names of the notices in the file, and mp4's names of them.
_RIGHTS: Final = {"artist": "artist", "author": "artist", "copyright": "copyright"}
_UNKNOWN_CODING: Final = "The video is of a kind that this service cannot decode."
_MAX_NOTICE_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The measured facts of a video file."""

    format: Format
    size_bytes: int
    duration_s: float | None  # as claimed by the container, which may lie
    video: VideoTrack
    audio: AudioTrack | None
    is_cut_short: bool  # a little of its end is missing
    has_other_streams: bool  # data, subtitles, covers, further tracks: none is kept
    has_lost_sound: bool = False  # There is sound, but of no kind that can be decoded.
    is_cut_by_edits: bool = False  # An edit list shows only some of the samples, or repeats them.
    is_last_frame_held: bool = False  # The index has it shown for longer than frames usually are.
    is_video_late: bool = False  # It begins after the sound.
    has_sound_holes: bool = False  # The index tells of times without sound between the sound.
    has_long_silence: bool = False  # Such a time is too long to be filled with silence.
    opened_copy: Path | None = None  # the source without what cannot be opened; None: all can be
    rights: tuple[tuple[str, str], ...] = ()  # notices of author and rights, by mp4's names

    @property
    def video_kbps(self) -> float | None:
        """Bits that the video stream takes, in kbit/s; None when nothing tells.

        Only mp4 and mov count their bytes by track; elsewhere it is the whole file but the sound.
        """
        if self.format.reader == "mov" and self.video.bit_rate:
            return self.video.bit_rate / 1000
        if not self.duration_s:
            return None
        return self.size_bytes * 8 / 1000 / self.duration_s


def probe_video(source: Path, found: Format, work_dir: Path, deadline: float) -> VideoInfo:
    """The facts of a video, from its headers and first packets.

    Raises CorruptMediaError, NoVideoError (sound or a cover only), UnsupportedMediaError
    (encrypted) or a Limit error; nothing but headers and a few frames is decoded before.
    """
    missing = missing_share(source, found.reader)
    if missing > _TOLERATED_MISSING_SHARE:
        raise CorruptMediaError
    if found.reader == "mov":
        refuse_false_claims(source)
    if is_encrypted(source, found.reader):
        raise UnsupportedMediaError("The video is encrypted; upload it without copy protection.")
    index = read_index(source) if found.reader == "mov" else ()
    opened = ask_what_opens(source, found, work_dir, deadline)
    answer, streams = opened.answer, opened.answer.get("streams", [])
    video = _main_video(opened)
    if sum(stream.get("codec_type") == "video" for stream in streams) == 1:
        size = video.width, video.height
        video = cropped(video, container_crop(opened.source, found.reader, size))
    sounds = sounds_with(answer, video.index)
    audio = main_audio(sounds, found.reader)
    info = VideoInfo(
        format=found,
        size_bytes=source.stat().st_size,
        duration_s=_positive(answer.get("format", {}).get("duration")),
        video=video,
        audio=audio,
        is_cut_short=missing > 0,
        has_other_streams=len(streams) > 1 + (audio is not None) or opened.source != source,
        has_lost_sound=audio is None and (bool(sounds) or "Audio" in opened.kinds_left_out),
        is_cut_by_edits=any(track.is_cut_by_edits for track in index),
        is_last_frame_held=any(
            track.last_sample_s > _HELD_S for track in index if track.kind == "vide"
        ),
        is_video_late=_start_s(streams[video.index]) > _start_s(answer.get("format", {})) + _LATE_S,
        has_sound_holes=audio is not None
        and any(_has_holes(track, audio) for track in index if track.kind == "soun"),
        opened_copy=None if opened.source == source else opened.source,
        rights=_rights(answer.get("format", {}).get("tags", {})),
    )
    _refuse_excess(info)
    return info


def _start_s(told: dict[str, Any]) -> float:
    try:
        return float(told.get("start_time", 0.0))
    except ValueError:
        return 0.0


def _has_holes(track: IndexedTrack, audio: AudioTrack) -> bool:
    """Whether there may be time between two samples; what is in fragments is not looked through."""
    sample_s = _AAC_SAMPLES / audio.sample_rate_hz
    longest_s = track.longest_sample_s - sample_s
    all_s = track.duration_s - track.samples * sample_s
    return track.samples == 0 or max(longest_s, all_s) > _MOST_SOUND_MISSING_S


def _main_video(opened: Opened) -> VideoTrack:
    try:
        return main_video(opened.answer.get("streams", []))
    except NoVideoError as error:
        if "Video" in opened.kinds_left_out:
            raise UnsupportedMediaError(_UNKNOWN_CODING) from error
        raise


def _refuse_excess(info: VideoInfo) -> None:
    track = info.video
    rate = track.frame_rate or 0.0
    frames = track.frame_count or 0
    is_absurdly_fast = (
        rate > LIMITS.max_source_frame_rate and frames > 10 * LIMITS.max_source_frame_rate
    )
    if frames > LIMITS.max_video_frames or is_absurdly_fast:
        raise LimitFramesError("The video has more frames than this service accepts.")
    duration_s = info.duration_s or 0.0
    # Headers lie: a long claim counts only when there are bytes to fill it.
    if duration_s > LIMITS.max_video_duration_s and info.size_bytes > duration_s * 1000:
        raise LimitDurationError


def _rights(tags: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for name, value in tags.items():
        kept_as = _RIGHTS.get(name.lower())
        notice = "".join(filter(str.isprintable, str(value)))[:_MAX_NOTICE_CHARACTERS].strip()
        if kept_as and notice:
            found.setdefault(kept_as, notice)
    return tuple(found.items())


def _positive(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value > 0 else None
