"""Decides what becomes of a video's sound."""

from dataclasses import dataclass
from typing import Final

from compression_config import Profile
from processing.video.probe import VideoInfo
from processing.video.tracks import AudioTrack

_STEREO: Final = 2
_MOST_NAMED_CHANNELS: Final = 8  # beyond 7.1 no mixer knows which is which
_COPYABLE_RATES_HZ: Final = frozenset({44100, 48000})
_STEPS_KBPS: Final = (32, 48, 64, 96)  # A source of few bits is rounded up to one of these.
_THRIFTY: Final = 1.5  # LC needs so much for each bit of a codec that outdoes it.
_THRIFTY_CODECS: Final = frozenset({"opus", "HE-AAC", "HE-AACv2"})
_LONG_S: Final = 3600.0  # To encode hours of plain speech again would buy nothing.
_RATE_SLACK: Final = 1.03  # A 128k track is rarely 128,000 exactly.
# Their packets tell their own size, so that the rate is known, and mp4 takes them as they are.
_COPYABLE_READERS: Final = frozenset({"mov"})


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of a result."""

    index: int  # of the source's stream
    is_copied: bool
    channels: int
    sample_rate_hz: int
    kbps: int
    filters: str  # empty: none
    source_rate_hz: int


def plan_sound(info: VideoInfo, track: AudioTrack, profile: Profile) -> Sound:
    """Stereo AAC, or mono; copied where it is that already and no richer than ours would be."""
    channels = min(track.channels, _STEREO)
    return Sound(
        index=track.index,
        is_copied=_is_ours_already(info, track, profile),
        channels=channels,
        sample_rate_hz=44100 if track.sample_rate_hz == 44100 else 48000,
        kbps=_kbps(track, profile),
        filters=",".join(_filters(info, track)),
        source_rate_hz=track.sample_rate_hz,
    )


def _kbps(track: AudioTrack, profile: Profile) -> int:
    """The profile's rate, or the source's own: more would only be taken from the video."""
    most = profile.audio_kbps if track.channels >= _STEREO else profile.audio_kbps * 3 // 4
    if not track.bit_rate:
        return most
    is_thrifty = not _THRIFTY_CODECS.isdisjoint({track.codec, track.profile})
    kbps = track.bit_rate / 1000 * (_THRIFTY if is_thrifty else 1.0)
    return min(most, next((step for step in _STEPS_KBPS if kbps <= step * _RATE_SLACK), most))


def _filters(info: VideoInfo, track: AudioTrack) -> list[str]:
    steps = []
    if info.format.reader == "avi":
        # Its sound has no times of its own, only rates from headers that may lie: samples count.
        steps.append("asetpts=STARTPTS+N/SR/TB")
    if track.channels > _MOST_NAMED_CHANNELS:
        steps.append("pan=stereo|c0=c0|c1=c1")
    return steps


def _is_ours_already(info: VideoInfo, track: AudioTrack, profile: Profile) -> bool:
    return (
        info.format.reader in _COPYABLE_READERS
        and track.codec == "aac"
        and track.profile == "LC"
        and track.channels <= _STEREO
        and (track.sample_rate_hz in _COPYABLE_RATES_HZ or (info.duration_s or 0) > _LONG_S)
        and 0 < (track.bit_rate or 0) <= profile.audio_kbps * 1000 * _RATE_SLACK
    )
