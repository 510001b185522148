"""Decides what becomes of a video's sound."""

from dataclasses import dataclass
from typing import Final

from compression_config import Profile
from processing.video.channels import mixing, mixing_of_names
from processing.video.probe import VideoInfo
from processing.video.sound_tracks import AudioTrack

_STEREO: Final = 2
_COPYABLE_RATES_HZ: Final = frozenset({44100, 48000})
_STEPS_KBPS: Final = (32, 48, 64, 96)  # A source of few bits is rounded up to one of these.
_THRIFTY: Final = 1.5  # LC needs so much for each bit of a codec that outdoes it.
_THRIFTY_CODECS: Final = frozenset({"opus", "HE-AAC", "HE-AACv2"})
_LONG_S: Final = 3600.0  # To encode hours of plain speech again would buy nothing.
_RATE_SLACK: Final = 1.03  # A 128k track is rarely 128,000 exactly.
# Silence where there is no sound, or players would bring forward all that follows. Times of less
# than so much off are left alone: containers round them, and each correction may be heard.
_FILL_HOLES: Final = "aresample=async=1:min_hard_comp=0.03"
# Their packets tell their own size, so that the rate is known, and mp4 takes them as they are.
_COPYABLE_READERS: Final = frozenset({"mov"})


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of a result."""

    inputs: tuple[int, ...]  # the source's streams; several have one channel each
    is_copied: bool
    channels: int
    sample_rate_hz: int
    kbps: int
    fills_holes: bool
    clock: str  # the filter that mends the times of each stream; empty: none
    mixing: str  # the filter that brings the channels to ours; empty: ffmpeg knows how
    source_rate_hz: int

    @property
    def index(self) -> int:
        """The source's first stream of it."""
        return self.inputs[0]


def plan_sound(info: VideoInfo, track: AudioTrack, profile: Profile) -> Sound:
    """Stereo AAC, or mono; copied where it is that already and no richer than ours would be."""
    channels = min(track.channels, _STEREO)
    return Sound(
        inputs=tuple(index for index, _ in track.parts) or (track.index,),
        is_copied=_is_ours_already(info, track, profile),
        channels=channels,
        sample_rate_hz=44100 if track.sample_rate_hz == 44100 else 48000,
        kbps=_kbps(track, profile),
        fills_holes=not info.has_long_silence,
        # An avi's sound has no times, only rates from headers that may lie: samples count.
        clock="asetpts=STARTPTS+N/SR/TB" if info.format.reader == "avi" else "",
        mixing=_mixing(track),
        source_rate_hz=track.sample_rate_hz,
    )


def sound_filters(sound: Sound) -> dict[str, str]:
    """Ffmpeg's options for the way of the sound from its decoders to the encoder."""
    fill = _FILL_HOLES if sound.fills_holes else ""
    if len(sound.inputs) == 1:
        way = _chain(sound.clock, sound.mixing, fill)
        return {"af": way} if way else {}
    # As one channel without a side each: amerge would sort those that have one.
    one = _chain(sound.clock, fill, "pan=mono|c0=c0")
    parts = "".join(f"[0:{index}]{one}[part{index}];" for index in sound.inputs)
    joined = "".join(f"[part{index}]" for index in sound.inputs)
    graph = f"{parts}{joined}amerge=inputs={len(sound.inputs)},{sound.mixing}[joined]"
    return {"filter_complex": graph, "map": "[joined]"}


def _chain(*filters: str) -> str:
    return ",".join(filter(None, filters))


def _kbps(track: AudioTrack, profile: Profile) -> int:
    """The profile's rate, or the source's own: more would only be taken from the video."""
    most = profile.audio_kbps if track.channels >= _STEREO else profile.audio_kbps * 3 // 4
    if not track.bit_rate:
        return most
    is_thrifty = not _THRIFTY_CODECS.isdisjoint({track.codec, track.profile})
    kbps = track.bit_rate / 1000 * (_THRIFTY if is_thrifty else 1.0)
    return min(most, next((step for step in _STEPS_KBPS if kbps <= step * _RATE_SLACK), most))


def _mixing(track: AudioTrack) -> str:
    if track.parts:
        return mixing_of_names([channel for _, channel in track.parts])
    if found := mixing(track.layout, track.channels):
        return found
    # Before holes are filled: silence in two channels takes less room than in eight.
    return "aformat=channel_layouts=stereo" if track.channels > _STEREO else ""


def _is_ours_already(info: VideoInfo, track: AudioTrack, profile: Profile) -> bool:
    return (
        info.format.reader in _COPYABLE_READERS
        and track.codec == "aac"
        and track.profile == "LC"
        and track.channels <= _STEREO
        and not (track.parts or info.has_sound_holes)
        and (track.sample_rate_hz in _COPYABLE_RATES_HZ or (info.duration_s or 0) > _LONG_S)
        and 0 < (track.bit_rate or 0) <= profile.audio_kbps * 1000 * _RATE_SLACK
    )
