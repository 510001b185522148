"""Decides everything about a video's rendition: facts and rules in, every number out."""

from dataclasses import dataclass, replace
from typing import Final

from compression_config import PROFILES, LighterStep, Profile, VideoRule
from processing.probe import VideoInfo
from processing.rendition import Options
from processing.tone_map import Light
from processing.video.plan_audio import AudioPlan, plan_audio
from processing.video.plan_color import light_of, output_color, over_white, scaling
from processing.video.plan_copy import copy_formats, is_lean, is_modern, is_picture_kept
from processing.video.plan_size import even, planned_size
from processing.video.tracks import VideoTrack

_MIN_RATE_KBPS: Final = 200
_ASSUMED_FRAME_RATE: Final = 30.0
_FULL_HD_PIXELS: Final = 1920 * 1088
_4K_PIXELS: Final = 4096 * 2304
_SHORT_LOOKAHEAD: Final = 20  # half of what preset medium takes
_PLAIN_AUDIO_KBPS: Final = 40
_LEAST_AV1_SIDE_PX: Final = 64  # SVT-AV1 makes nothing smaller
LOST_SOUND: Final = "The sound could not be decoded."
_TURNS: Final = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """One rendition; nothing is left to decide."""

    source_format: str  # a row's name
    source_codec: str  # of the picture
    demuxer: str
    decoder: str | None  # None: ffmpeg's own choice
    video_index: int
    audio: AudioPlan | None
    codec: str  # of the result: h264 or av1
    is_picture_copied: bool  # compact already; then all about encoding the picture is idle
    width: int
    height: int
    crf: float
    preset: str  # x264's name or SVT-AV1's number
    encoder_params: str  # the encoder's own options, name=value joined by colons
    max_rate_kbps: int
    key_interval_frames: int
    lookahead: int  # frames that x264 weighs, most of its memory; 0: what the preset says
    decoding_threads: int  # 0: ffmpeg's own choice; each one holds frames of the source
    clock: str  # seconds in one tick of the result's times, as a fraction
    filters: str
    light: Light | None  # what the tone file that the filters read has to map; None: they do not
    color_matrix: str  # the tags of the result
    color_primaries: str
    color_transfer: str
    duration_s: float | None  # the source's claim: for progress, and to judge copies by
    frame_count: int | None  # the same, of the picture
    copy_formats: tuple[str, ...]  # containers for the source's own streams, best first
    may_scrub: bool  # the source holds nothing but this picture and sound
    is_modern: bool  # browsers play the source's codec as it is
    is_lean: bool  # in so few bytes that encoding is not even tried before copying
    kept_tags: tuple[tuple[str, str], ...]  # notices of author and rights, where they are wanted
    notes: tuple[str, ...]  # what was changed beyond size, for the one who uploaded it
    frames_due: int | None = None  # when encoded; None: nothing tells, or some are meant to go
    instead: "VideoPlan | None" = None  # where the picture is copied: should that not do

    @property
    def is_remux(self) -> bool:
        """Whether nothing at all is encoded."""
        return self.is_picture_copied and (self.audio is None or self.audio.is_copied)


def plan_video(info: VideoInfo, options: Options) -> VideoPlan:
    """The rendition of `info` under the rule for its size and shape, and what was asked for."""
    profile = PROFILES[options.profile]
    encoded = _planned(info, options, is_kept=False)
    encoded = replace(encoded, frames_due=_frames_due(info, encoded))
    if not is_picture_kept(info, rule_for(info, profile), profile, options.video_output):
        return encoded
    return replace(_planned(info, options, is_kept=True), instead=encoded)


def _planned(info: VideoInfo, options: Options, *, is_kept: bool) -> VideoPlan:
    track, profile = info.video, PROFILES[options.profile]
    rule, lighter = rule_for(info, profile), options.lighter_step
    width, height = _size(track, rule, profile, None if is_kept else lighter)
    rate_cap = min(profile.max_frame_rate, lighter.max_frame_rate if lighter else 1000)
    codec = options.video_output if min(width, height) >= _LEAST_AV1_SIDE_PX else "h264"
    matrix, primaries, transfer = output_color(track)
    return VideoPlan(
        source_format=info.format.name,
        source_codec=track.codec,
        demuxer=info.format.reader,
        decoder=_decoder(track),
        video_index=track.index,
        audio=None if info.audio is None else plan_audio(info, info.audio, profile),
        codec=codec,
        is_picture_copied=is_kept,
        width=width,
        height=height,
        crf=rule.crf if codec == "h264" else rule.av1_crf,
        preset=_preset(rule, lighter, codec),
        encoder_params=_encoder_params(rule, codec, _shown_rate(track, rate_cap)),
        max_rate_kbps=_max_rate_kbps(width, height, _shown_rate(track, rate_cap), profile),
        key_interval_frames=max(1, round(_shown_rate(track, rate_cap) * profile.key_interval_s)),
        lookahead=0 if width * height <= _FULL_HD_PIXELS else _SHORT_LOOKAHEAD,
        decoding_threads=0 if track.width * track.height <= _4K_PIXELS else 2,
        clock=track.clock,
        filters=",".join(_filters(track, width, height, rate_cap, matrix)),
        light=light_of(track),
        color_matrix=matrix,
        color_primaries=primaries,
        color_transfer=transfer,
        duration_s=info.duration_s,
        frame_count=track.frame_count if info.format.reader == "mov" else None,
        copy_formats=copy_formats(info),
        may_scrub=info.format.reader == "mov" and not info.has_other_streams,
        is_modern=is_modern(track),
        is_lean=is_lean(info, width * height, _shown_rate(track, rate_cap)),
        kept_tags=info.rights if options.keep_copyright else (),
        notes=_notes(info, is_lighter=lighter is not None and not is_kept),
    )


def with_plain_sound(plan: VideoPlan, most_kbps: int = _PLAIN_AUDIO_KBPS) -> VideoPlan:
    """The plan with sound of few bytes, for sources that little undercuts."""
    if plan.audio is None:
        return plan
    kbps = min(most_kbps, plan.audio.kbps)
    return replace(plan, audio=replace(plan.audio, is_copied=False, kbps=kbps))


def halved(plan: VideoPlan) -> VideoPlan:
    """The plan at half its sides and with plain sound, for sources that nothing else undercuts."""
    width, height = even(plan.width / 2, plan.width), even(plan.height / 2, plan.height)
    filters = f"{plan.filters},scale={width}:{height},setsar=1"
    return replace(with_plain_sound(plan), width=width, height=height, filters=filters)


def rule_for(info: VideoInfo, profile: Profile) -> VideoRule:
    """The first video rule whose class holds a file of this size and shape."""
    side_px = min(info.video.shown_size)
    return next(
        rule
        for rule in profile.video
        if (rule.below_bytes is None or info.size_bytes < rule.below_bytes)
        and (rule.up_to_side_px is None or side_px <= rule.up_to_side_px)
    )


def _size(
    track: VideoTrack, rule: VideoRule, profile: Profile, lighter: LighterStep | None
) -> tuple[int, int]:
    boxes = [rule.box or profile.largest_box]
    return planned_size(track, *boxes, *([lighter.box] if lighter else []))


def _preset(rule: VideoRule, lighter: LighterStep | None, codec: str) -> str:
    if codec == "av1":
        return str(max(rule.av1_preset, lighter.av1_preset if lighter else 0))
    return lighter.preset if lighter else rule.preset


def _encoder_params(rule: VideoRule, codec: str, rate: float) -> str:
    if codec == "h264":
        return rule.x264_params
    # Said outright: SVT-AV1 refuses more than 240, which a source may well have, or claim.
    clock = f"fps-num={max(1, round(rate * 1000))}:fps-denom=1000"
    return f"{rule.av1_params}:{clock}" if rule.av1_params else clock


def _shown_rate(track: VideoTrack, rate_cap: float) -> float:
    return min(track.frame_rate or _ASSUMED_FRAME_RATE, rate_cap)


def _frames_due(info: VideoInfo, plan: VideoPlan) -> int | None:
    track = info.video
    is_plain = info.format.reader == "mov" and not (info.is_cut_by_edits or info.is_cut_short)
    is_by_field = track.is_interlaced or track.may_be_interlaced  # perhaps two to a picture
    is_thinned = "select=" in plan.filters
    return track.frame_count if is_plain and not (is_by_field or is_thinned) else None


def _max_rate_kbps(width: int, height: int, rate: float, profile: Profile) -> int:
    bits_per_s = width * height * rate * profile.max_bits_per_pixel
    return max(_MIN_RATE_KBPS, round(bits_per_s / 1000))


def _decoder(track: VideoTrack) -> str | None:
    """Ffmpeg's own VP8 and VP9 decoders leave the transparency out."""
    return {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(track.codec) if track.has_alpha else None


def _filters(track: VideoTrack, width: int, height: int, rate_cap: float, matrix: str) -> list[str]:
    """The picture's way from decoder to encoder; ffmpeg has turned it by its matrix before."""
    steps = []
    if track.is_interlaced or track.may_be_interlaced:
        steps += _deinterlaced(track)
    if track.is_turned_by_tag:
        steps.append(_TURNS[track.rotation_deg])
    if track.frame_rate is None or track.frame_rate > rate_cap * 1.01:
        # Only drops: the fps filter would also fill a gap of hours with copies.
        gap_s = 0.9 / rate_cap
        steps.append(f"select='isnan(prev_selected_t)+gte(t-prev_selected_t,{gap_s:.4f})'")
    if track.has_alpha:
        flat, track = over_white(track, matrix)
        steps += flat
    return [*steps, *scaling(track, width, height, matrix), "setsar=1", "format=yuv420p"]


def _deinterlaced(track: VideoTrack) -> list[str]:
    """Frames that say they are interlaced are woven; all others pass as they are."""
    weave = "bwdif=mode=send_frame:deint=interlaced"
    if track.is_turned_by_tag or track.rotation_deg not in {90, 270}:
        return [weave]
    return ["transpose=cclock", weave, "transpose=clock"]  # fields are rows, before any turn


def _notes(info: VideoInfo, *, is_lighter: bool) -> tuple[str, ...]:
    found = {
        "A faster, smaller version was made, because an earlier attempt was too much for this"
        " machine.": is_lighter,
        "High dynamic range was mapped to standard range.": info.video.is_hdr,
        "Transparency was laid over white.": info.video.has_alpha,
        "The sound was mixed down to stereo.": bool(info.audio and info.audio.channels > 2),
        LOST_SOUND: info.has_lost_sound,
        "The end of the file is missing.": info.is_cut_short,
        "The picture was deinterlaced.": info.video.is_interlaced,
    }
    return tuple(note for note, applies in found.items() if applies)
