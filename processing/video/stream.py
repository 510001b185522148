"""Decides how one video stream of a result is encoded."""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from compression_config import LighterStep, Profile, VideoRule
from processing.targets import VIDEO_CODECS
from processing.video.color import ColorTags, output_color, scaling
from processing.video.reading import Reading
from processing.video.size import even, fitting, planned_size
from processing.video.tracks import VideoTrack

_MIN_RATE_KBPS: Final = 200
_ASSUMED_FRAME_RATE: Final = 30.0
_FULL_HD_PIXELS: Final = 1920 * 1088
_SHORT_LOOKAHEAD: Final = 20  # half of what preset medium takes


@dataclass(frozen=True, slots=True)
class EncodedVideo:
    """One video stream that is encoded; of a ladder of sizes each would be one."""

    codec: str  # a name of targets.VIDEO_CODECS
    width: int
    height: int
    crf: float
    preset: str  # x264's name or SVT-AV1's number
    encoder_params: str  # the encoder's own options, name=value joined by colons
    max_rate_kbps: int
    key_interval_frames: int
    lookahead: int  # frames that x264 weighs, most of its memory; 0: what the preset says
    clock: str  # seconds in one tick of the result's times, as a fraction
    filters: str  # from the frames that the reading gives to those that are encoded
    color: ColorTags


class CopiedVideo(NamedTuple):
    """The source's own video stream in the result."""

    codec: str
    width: int
    height: int


def plan_stream(
    track: VideoTrack, rule: VideoRule, profile: Profile, codec: str, step: LighterStep | None
) -> EncodedVideo:
    """The stream of `track`, as its reading leaves it, under a rule; `codec` where it can be."""
    boxes = [rule.box or profile.largest_box, *([step.box] if step else [])]
    width, height = planned_size(track, *boxes)
    rate = shown_rate(track, rate_cap(profile, step))
    is_too_small = min(width, height) < VIDEO_CODECS[codec].smallest_side_px
    codec = "h264" if is_too_small else codec
    color = output_color(track)
    fit = fitting(width, height) if track.changes_shape else []
    frames = [*fit, *scaling(track, width, height, color.matrix), "setsar=1", "format=yuv420p"]
    return EncodedVideo(
        codec=codec,
        width=width,
        height=height,
        crf=VIDEO_CODECS[codec].crf(rule),
        preset=_preset(rule, step, codec),
        encoder_params=_encoder_params(rule, codec, rate),
        max_rate_kbps=_max_rate_kbps(width, height, rate, profile),
        key_interval_frames=max(1, round(rate * profile.key_interval_s)),
        lookahead=0 if width * height <= _FULL_HD_PIXELS else _SHORT_LOOKAHEAD,
        clock=track.clock,
        filters=",".join(frames),
        color=color,
    )


def rate_cap(profile: Profile, step: LighterStep | None) -> float:
    """Frames a second, at most."""
    return min(profile.max_frame_rate, step.max_frame_rate) if step else profile.max_frame_rate


def shown_rate(track: VideoTrack, cap: float) -> float:
    """Frames a second that come out, or are assumed to."""
    return min(track.frame_rate or _ASSUMED_FRAME_RATE, cap)


def halved(video: EncodedVideo) -> EncodedVideo:
    """The stream at half its sides."""
    width, height = even(video.width / 2, video.width), even(video.height / 2, video.height)
    filters = f"{video.filters},scale={width}:{height},setsar=1"
    return replace(video, width=width, height=height, filters=filters)


def frame_filters(reading: Reading, video: EncodedVideo) -> str:
    """The frames' whole way from decoder to encoder."""
    return ",".join(part for part in (reading.filters, video.filters) if part)


def _preset(rule: VideoRule, step: LighterStep | None, codec: str) -> str:
    if codec == "av1":
        return str(max(rule.av1_preset, step.av1_preset if step else 0))
    return step.preset if step else rule.preset


def _encoder_params(rule: VideoRule, codec: str, rate: float) -> str:
    if codec == "h264":
        return rule.x264_params
    # Said outright: SVT-AV1 refuses more than 240, which a source may well have, or claim.
    clock = f"fps-num={max(1, round(rate * 1000))}:fps-denom=1000"
    return f"{rule.av1_params}:{clock}" if rule.av1_params else clock


def _max_rate_kbps(width: int, height: int, rate: float, profile: Profile) -> int:
    bits_per_s = width * height * rate * profile.max_bits_per_pixel
    return max(_MIN_RATE_KBPS, round(bits_per_s / 1000))
