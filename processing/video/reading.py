"""Decides how a video's source is opened and decoded: once, whatever is made of it."""

from dataclasses import dataclass
from typing import Final

from processing.formats import Format
from processing.tone_map import Light
from processing.video.color import light_of, output_color, over_white
from processing.video.probe import VideoInfo
from processing.video.tracks import VideoTrack

_4K_PIXELS: Final = 4096 * 2304
_MOST_EXCESS_S: Final = 0.5
_TURNS: Final = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the source is read."""

    format: Format
    stream: int  # the index of the video's
    codec: str  # of the video
    decoder: str | None  # None: ffmpeg's own choice
    decoding_threads: int  # 0: ffmpeg's own choice; each one holds frames of the source
    filters: str  # what every frame goes through before it is scaled; empty: nothing
    light: Light | None  # what the tone file has to map that scaling reads; None: it reads none
    has_projection: bool  # The result has to say how it is laid around the viewer.
    shown_s: float | None  # how long the video lasts, its last frame included; None: nothing tells
    duration_s: float | None  # the source's claim: for progress, and to judge copies by
    frame_count: int | None  # the same, of the video's frames
    frames_due: float | None  # what decoding has to come to; None: nothing tells


def plan_reading(info: VideoInfo, rate_cap: float) -> tuple[Reading, VideoTrack]:
    """How to read `info` at no more than `rate_cap` frames a second, and the track as it leaves it.

    Ffmpeg turns frames by the file's matrix before any filter.
    """
    track = info.video
    filters, left = _filters(track, rate_cap)
    reading = Reading(
        format=info.format,
        stream=track.index,
        codec=track.codec,
        decoder=_decoder(track),
        decoding_threads=0 if track.width * track.height <= _4K_PIXELS else 2,
        filters=",".join(filters),
        light=light_of(track),
        has_projection=track.has_projection,
        shown_s=_shown_s(info),
        duration_s=info.duration_s,
        frame_count=track.frame_count if info.format.reader == "mov" else None,
        frames_due=_frames_due(info),
    )
    return reading, left


def is_thinned(track: VideoTrack, rate_cap: float) -> bool:
    """Whether frames are left out, because they come faster than they may, or than is known."""
    return track.frame_rate is None or track.frame_rate > rate_cap * 1.01


def _frames_due(info: VideoInfo) -> float | None:
    """Counted where the container counts; elsewhere by its length and rate."""
    track = info.video
    is_by_field = track.is_interlaced or track.may_be_interlaced  # perhaps two to a frame
    if is_by_field or info.is_cut_by_edits or info.is_cut_short:
        return None
    if info.format.reader == "mov":
        return track.frame_count
    return info.duration_s * track.frame_rate if info.duration_s and track.frame_rate else None


def _shown_s(info: VideoInfo) -> float | None:
    shown_s, is_sure = info.video.shown_s, not (info.is_cut_by_edits or info.is_cut_short)
    is_told = info.format.reader == "matroska" or info.is_last_frame_held
    if shown_s is None or not (is_told and is_sure) or info.is_video_late:
        return None
    # What one track claims beyond the whole file is no more than a claim.
    return shown_s if shown_s <= (info.duration_s or 0.0) + _MOST_EXCESS_S else None


def _decoder(track: VideoTrack) -> str | None:
    """Ffmpeg's own VP8 and VP9 decoders leave the transparency out."""
    return {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(track.codec) if track.has_alpha else None


def _filters(track: VideoTrack, rate_cap: float) -> tuple[list[str], VideoTrack]:
    steps = []
    if track.crop:
        width, height, left, top = track.crop
        steps.append(f"crop={width}:{height}:{left}:{top}:exact=1")
    if track.is_interlaced or track.may_be_interlaced:
        steps += _deinterlaced(track)
    if track.is_turned_by_tag:
        steps.append(_TURNS[track.rotation_deg])
    if is_thinned(track, rate_cap):
        # Frames are only dropped: the fps filter would also fill a gap of hours with copies.
        gap_s = 0.9 / rate_cap
        steps.append(f"select='isnan(prev_selected_t)+gte(t-prev_selected_t,{gap_s:.4f})'")
    if track.has_alpha:
        flat, track = over_white(track, output_color(track).matrix)
        steps += flat
    return steps, track


def _deinterlaced(track: VideoTrack) -> list[str]:
    """Frames that say they are interlaced are woven; all others pass as they are."""
    weave = "bwdif=mode=send_frame:deint=interlaced"
    if track.is_turned_by_tag or track.rotation_deg not in {90, 270}:
        return [weave]
    return ["transpose=cclock", weave, "transpose=clock"]  # Fields are rows, before any turn.
