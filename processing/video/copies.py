"""Decides what of a video may be kept or handed on as it is, and in which container."""

from dataclasses import dataclass
from typing import Final

from compression_config import Profile, VideoRule
from processing.targets import VIDEO_TARGETS
from processing.video.probe import VideoInfo
from processing.video.size import planned_size
from processing.video.stream import EncodedVideo, shown_rate
from processing.video.tracks import VideoTrack

_MODERN_CODECS: Final = frozenset({"h264", "vp8", "vp9", "av1"})
_PLAIN_SOUND: Final = frozenset({"aac", "mp3", "opus", "vorbis"})
_PLAIN_PIXELS: Final = frozenset({"yuv420p", "yuvj420p"})
# Every browser and phone plays these; the rest of H.264 is for studios and scanners.
_PLAYABLE_PROFILES: Final = frozenset({"Constrained Baseline", "Baseline", "Main", "High"})
_HIGHEST_LEVEL: Final = 52
# Their packets carry times that mp4 can take over; avi and asf only guess them.
_TIMED_READERS: Final = frozenset({"mov", "matroska", "flv", "mpegts"})
_PLAIN_PIXEL_SHAPE: Final = 1

_COMPACT_AT_CRF: Final = 23.0
_COMPACT_AT_PIXELS: Final = 1280 * 720
_COMPACT_AT_RATE: Final = 25.0
# Larger frames and faster ones need fewer bits for each pixel.
_PIXELS_EXPONENT: Final = 0.75
_RATE_EXPONENT: Final = 0.5
CRF_STEPS_TO_HALVE: Final = 6.0  # x264: that many steps of CRF halve the bytes, about
_AV1_SHARE: Final = 0.6  # of H.264's bytes at equal quality
# Bits for one pixel shown, of codecs that outdo H.264; the calmest of the real clips that were
# measured took 0.014 in H.264, so that less is beyond its reach.
_LEAN_CODECS: Final = frozenset({"av1", "vp9"})
_LEAN_BITS_PER_PIXEL: Final = 0.01


@dataclass(frozen=True, slots=True)
class Copies:
    """What may be handed on instead of an encoding that does not pay."""

    containers: tuple[str, ...]  # for the source's own streams, best first
    may_scrub: bool  # the source holds nothing but this video and sound
    is_modern: bool  # browsers play the source's codec as it is, newer ones at least
    plays_everywhere: bool  # every browser plays it, and its sound, in the containers they show
    is_lean: bool  # in so few bytes that encoding is not even tried before copying


def plan_copies(info: VideoInfo, encoded: EncodedVideo, rate_cap: float) -> Copies:
    """What of `info` may stand in for its encoding."""
    rate = shown_rate(info.video, rate_cap)
    return Copies(
        containers=_containers(info),
        # Blanking would take an old kind of projection along.
        may_scrub=info.format.reader == "mov"
        and not (info.has_other_streams or info.video.has_projection),
        is_modern=_is_modern(info.video),
        plays_everywhere=_is_shown_everywhere(info),
        is_lean=_is_lean(info, encoded.width * encoded.height, rate),
    )


def is_stream_kept(info: VideoInfo, rule: VideoRule, profile: Profile, codec: str) -> bool:
    """Whether the video is what we would make of it already, in fewer bytes than we would take.

    `codec` is what was asked for: h264 or av1.
    """
    track = info.video
    size = planned_size(track, rule.box or profile.largest_box, profile.largest_box)
    rate = track.frame_rate
    return (
        info.format.reader in _TIMED_READERS
        and not (info.is_cut_short or info.is_cut_by_edits or track.changes_shape or track.crop)
        and _plays_everywhere(track, codec)
        and size == (track.width, track.height)
        and rate is not None
        and rate <= profile.max_frame_rate * 1.01
        and 0 < (info.video_kbps or 0) <= _compact_kbps(track, rate, rule, profile, codec)
    )


def _is_lean(info: VideoInfo, pixels: int, rate: float) -> bool:
    """Whether encoding to `pixels` at `rate` frames a second would only add bytes.

    Browsers show the source right as it is, then, and it costs next to nothing.
    """
    track = info.video
    return (
        track.codec in _LEAN_CODECS
        and _is_modern(track)
        and not (track.is_wide or track.has_alpha or info.is_cut_short or info.is_cut_by_edits)
        and 0 < (info.video_kbps or 0) * 1000 <= _LEAN_BITS_PER_PIXEL * pixels * rate
    )


def _containers(info: VideoInfo) -> tuple[str, ...]:
    """The containers that may hold the source's own streams, best first."""
    if info.audio and info.audio.parts:
        return ()  # Players take one track of several, and half of the sound with it.
    if info.video.crop:
        return (info.format.name,)  # Copied into another, all of the frames would be shown.
    sound = None if info.audio is None else info.audio.codec
    fitting = [
        row.name
        for row in VIDEO_TARGETS.values()
        if info.video.codec in row.copied_video and sound in row.copied_sound
    ]
    return tuple(dict.fromkeys([*fitting, info.format.name]))


def _is_modern(track: VideoTrack) -> bool:
    """Whether browsers play the track as it is, in one box throughout."""
    is_plain = track.pixel_format in _PLAIN_PIXELS or track.codec != "h264"
    is_plain = is_plain and (track.codec != "h264" or track.profile in _PLAYABLE_PROFILES)
    is_steady = not (track.is_interlaced or track.changes_shape or track.crop)
    return track.codec in _MODERN_CODECS and is_plain and is_steady


def _is_shown_everywhere(info: VideoInfo) -> bool:
    track, sound = info.video, info.audio
    is_plain = track.pixel_format in _PLAIN_PIXELS and _is_modern(track)
    is_known = track.codec in {"vp8", "vp9"} or (
        track.codec == "h264" and track.profile in _PLAYABLE_PROFILES
    )
    return is_plain and is_known and (sound is None or sound.codec in _PLAIN_SOUND)


def _plays_everywhere(track: VideoTrack, codec: str) -> bool:
    is_codec = track.codec == codec and (
        codec == "av1"
        or (track.profile in _PLAYABLE_PROFILES and 0 < track.level <= _HIGHEST_LEVEL)
    )
    is_upright = track.rotation_deg == 0 and not track.is_mirrored
    is_plain = track.pixel_format == "yuv420p" and not (track.has_alpha or track.is_interlaced)
    is_square = track.pixel_shape == _PLAIN_PIXEL_SHAPE
    return is_codec and is_upright and is_plain and is_square and not track.is_wide


def _compact_kbps(
    track: VideoTrack, rate: float, rule: VideoRule, profile: Profile, codec: str
) -> float:
    pixels = track.width * track.height / _COMPACT_AT_PIXELS
    h264_kbps: float = (
        profile.compact_kbps
        * pixels**_PIXELS_EXPONENT
        * (rate / _COMPACT_AT_RATE) ** _RATE_EXPONENT
        * 2 ** ((_COMPACT_AT_CRF - rule.crf) / CRF_STEPS_TO_HALVE)
    )
    return h264_kbps * (_AV1_SHARE if codec == "av1" else 1.0)
