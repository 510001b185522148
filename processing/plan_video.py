"""Decides everything about a video's rendition: facts and rules in, every number out."""

from dataclasses import dataclass, replace
from typing import Final

from compression_config import Profile, VideoRule
from processing.probe import AudioTrack, VideoInfo, VideoTrack

_MIN_RATE_KBPS: Final = 200
_ASSUMED_FRAME_RATE: Final = 30.0
_HD_HEIGHT: Final = 720  # untagged video from here up is BT.709, by every player's custom
_FULL_HD_PIXELS: Final = 1920 * 1088
_4K_PIXELS: Final = 4096 * 2304
_SHORT_LOOKAHEAD: Final = 20  # half of what preset medium takes
_STEREO: Final = 2
_PLAIN_AUDIO_KBPS: Final = 40
_COPYABLE_AUDIO_RATES_HZ: Final = frozenset({44100, 48000})
_AUDIO_RATE_SLACK: Final = 1.03  # a 128k track is rarely 128,000 exactly
_SANE_PIXEL_SHAPES: Final = (0.25, 4.0)

_KEPT_MATRICES: Final = frozenset({"bt709", "smpte170m", "bt470bg"})
# Ffprobe's names of matrices in the words that the scale filter of every ffmpeg from 5.1 knows: it
# has names of its own, once took any other for its default, and refuses them since 7.1.
_SCALE_MATRICES: Final = {
    "bt709": "bt709",
    "smpte170m": "smpte170m",
    "bt470bg": "bt470",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
}
_ZSCALE_MATRICES: Final = frozenset({"bt709", "smpte170m", "bt470bg", "fcc", "bt2020nc"})
_KNOWN_PRIMARIES: Final = frozenset(
    {"bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020", "smpte428"}
    | {"smpte431", "smpte432"}
)
_WIDE_PRIMARIES: Final = frozenset({"bt2020", "smpte432", "smpte431"})
_MODERN_CODECS: Final = frozenset({"h264", "hevc", "vp8", "vp9", "av1"})
_PLAIN_PIXELS: Final = frozenset({"yuv420p", "yuvj420p"})


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """What becomes of the sound."""

    index: int  # of the source's stream
    is_copied: bool
    channels: int
    sample_rate_hz: int
    kbps: int


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """One H.264 rendition; nothing is left to decide."""

    source_format: str  # a row's name
    demuxer: str
    decoder: str | None  # None: ffmpeg's own choice
    video_index: int
    audio: AudioPlan | None
    width: int
    height: int
    crf: float
    preset: str
    x264_params: str
    max_rate_kbps: int
    lookahead: int  # frames that x264 weighs, most of its memory; 0: what the preset says
    decoding_threads: int  # 0: ffmpeg's own choice; each one holds frames of the source
    filters: str
    color_matrix: str  # the tags of the result
    color_primaries: str
    color_transfer: str
    duration_s: float | None  # the source's claim: for progress, not for judgement
    copy_formats: tuple[str, ...]  # containers for the source's own streams, best first
    may_scrub: bool  # the source holds nothing but this picture and sound
    is_modern: bool  # browsers play the source's codec as it is
    notes: tuple[str, ...]  # what was changed beyond size, for the one who uploaded it


def plan_video(info: VideoInfo, profile: Profile) -> VideoPlan:
    """The rendition of `info` under the rule for its size."""
    track = info.video
    rule = rule_for(info, profile)
    width, height = fitted(_sane_size(track), rule.box or profile.largest_box)
    matrix, primaries, transfer = _output_color(track)
    return VideoPlan(
        source_format=info.format.name,
        demuxer=info.format.reader,
        decoder=_decoder(track),
        video_index=track.index,
        audio=None if info.audio is None else _plan_audio(info, info.audio, profile),
        width=width,
        height=height,
        crf=rule.crf,
        preset=rule.preset,
        x264_params=rule.x264_params,
        max_rate_kbps=_max_rate_kbps(width, height, track.frame_rate, profile),
        lookahead=0 if width * height <= _FULL_HD_PIXELS else _SHORT_LOOKAHEAD,
        decoding_threads=0 if track.width * track.height <= _4K_PIXELS else 2,
        filters=",".join(_filters(track, width, height, profile, matrix)),
        color_matrix=matrix,
        color_primaries=primaries,
        color_transfer=transfer,
        duration_s=info.duration_s,
        copy_formats=_copy_formats(info),
        may_scrub=info.format.reader == "mov" and not info.has_other_streams,
        is_modern=_is_modern(track),
        notes=_notes(info),
    )


def halved(plan: VideoPlan) -> VideoPlan:
    """The plan at half its sides and with plain sound, for sources that nothing else undercuts."""
    width, height = _even(plan.width / 2, plan.width), _even(plan.height / 2, plan.height)
    sound = plan.audio and replace(plan.audio, is_copied=False, kbps=_PLAIN_AUDIO_KBPS)
    filters = f"{plan.filters},scale={width}:{height}"
    return replace(plan, width=width, height=height, audio=sound, filters=filters)


def rule_for(info: VideoInfo, profile: Profile) -> VideoRule:
    """The first video rule whose class holds a file of this size and shape."""
    side_px = min(info.video.shown_size)
    return next(
        rule
        for rule in profile.video
        if (rule.below_bytes is None or info.size_bytes < rule.below_bytes)
        and (rule.up_to_side_px is None or side_px <= rule.up_to_side_px)
    )


def fitted(size: tuple[float, float], box: tuple[int, int]) -> tuple[int, int]:
    """`size` shrunk to fit the box, turned for a portrait; even sides, never enlarged.

    A side of one pixel becomes two, which is the least that 4:2:0 can store.
    """
    width, height = size
    across, down = box if width >= height else box[::-1]
    scale = min(1.0, across / width, down / height)
    return _even(width * scale, width), _even(height * scale, height)


def _even(side: float, source_side: float) -> int:
    return max(2, min(round(side / 2) * 2, int(source_side + 1e-6) // 2 * 2))


def _sane_size(track: VideoTrack) -> tuple[float, float]:
    low, high = _SANE_PIXEL_SHAPES
    if low <= track.pixel_shape <= high:
        return track.shown_size
    width, height = track.width, track.height
    return (height, width) if track.rotation_deg in {90, 270} else (width, height)


def _max_rate_kbps(width: int, height: int, rate: float | None, profile: Profile) -> int:
    shown_rate = min(rate or _ASSUMED_FRAME_RATE, profile.max_frame_rate)
    bits_per_s = width * height * shown_rate * profile.max_bits_per_pixel
    return max(_MIN_RATE_KBPS, round(bits_per_s / 1000))


def _plan_audio(info: VideoInfo, track: AudioTrack, profile: Profile) -> AudioPlan:
    channels = min(track.channels, _STEREO)
    is_copied = (
        info.format.reader == "mov"
        and track.codec == "aac"
        and track.profile == "LC"
        and track.channels <= _STEREO
        and track.sample_rate_hz in _COPYABLE_AUDIO_RATES_HZ
        and 0 < (track.bit_rate or 0) <= profile.audio_kbps * 1000 * _AUDIO_RATE_SLACK
    )
    return AudioPlan(
        index=track.index,
        is_copied=is_copied,
        channels=channels,
        sample_rate_hz=44100 if track.sample_rate_hz == 44100 else 48000,
        kbps=profile.audio_kbps if channels == _STEREO else profile.audio_kbps * 3 // 4,
    )


def _decoder(track: VideoTrack) -> str | None:
    """Ffmpeg's own VP8 and VP9 decoders leave the transparency out."""
    return {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(track.codec) if track.has_alpha else None


def _output_color(track: VideoTrack) -> tuple[str, str, str]:
    """Matrix, primaries and transfer that the result is tagged with."""
    if _needs_color_engine(track):
        return "bt709", "bt709", "bt709"
    matrix = track.color_matrix
    if matrix == "unknown" and not _is_rgb(track):
        matrix = "bt709" if min(track.width, track.height) >= _HD_HEIGHT else "smpte170m"
    if matrix not in _KEPT_MATRICES:
        matrix = "bt709"
    known = track.color_primaries in _KNOWN_PRIMARIES
    primaries = track.color_primaries if known else matrix
    transfer = "bt709" if matrix == "bt709" else "smpte170m"
    return matrix, primaries, transfer


def _needs_color_engine(track: VideoTrack) -> bool:
    return track.is_hdr or track.color_primaries in _WIDE_PRIMARIES


def _is_rgb(track: VideoTrack) -> bool:
    return not track.pixel_format.startswith(("yuv", "nv", "p0", "gray", "uyvy", "yuyv", "ya"))


def _filters(
    track: VideoTrack, width: int, height: int, profile: Profile, matrix: str
) -> list[str]:
    """The picture's way from decoder to encoder; ffmpeg has turned it before."""
    steps = []
    if track.is_interlaced and track.rotation_deg in {0, 180}:
        steps.append("bwdif=mode=send_frame:deint=interlaced")
    if track.frame_rate is None or track.frame_rate > profile.max_frame_rate * 1.01:
        # Only drops: the fps filter would also fill a gap of hours with copies.
        gap_s = 0.9 / profile.max_frame_rate
        steps.append(f"select='isnan(prev_selected_t)+gte(t-prev_selected_t,{gap_s:.4f})'")
    if track.has_alpha:
        steps.append(
            "format=yuva420p,split[bottom][top];"
            "[bottom]drawbox=color=white:thickness=fill:replace=1[white];"
            "[white][top]overlay=format=yuv420"
        )
    if _needs_color_engine(track):
        steps += _through_color_engine(track, width, height)
    else:
        steps += _scale(track, width, height, matrix)
    return [*steps, "setsar=1", "format=yuv420p"]


def _scale(track: VideoTrack, width: int, height: int, matrix: str) -> list[str]:
    # Both matrices are said: left alone, ffmpeg takes untagged HD for BT.601 and shifts colours.
    read = track.color_matrix if track.color_matrix in _SCALE_MATRICES else matrix
    scale = f"scale={width}:{height}:flags=bicubic:in_color_matrix={_SCALE_MATRICES[read]}"
    scale += f":out_color_matrix={_SCALE_MATRICES[matrix]}:out_range=tv"
    return [
        *_without_odd_matrix(track, matrix),
        scale + (":in_range=pc" if track.color_range == "pc" else ""),
    ]


def _without_odd_matrix(track: VideoTrack, matrix: str) -> list[str]:
    """A step that has frames pass for `matrix` where their own is one that scaling refuses."""
    is_odd = track.color_matrix not in {*_SCALE_MATRICES, "unknown", "gbr"}
    return [f"setparams=colorspace={matrix}"] if is_odd else []


def _through_color_engine(track: VideoTrack, width: int, height: int) -> list[str]:
    """Wide gamut and HDR to SDR BT.709, by way of linear light where brightness must be mapped."""
    primaries = track.color_primaries if track.color_primaries in _KNOWN_PRIMARIES else "bt2020"
    guess = "bt2020nc" if track.is_hdr and track.color_matrix != "gbr" else "bt709"
    matrix = track.color_matrix if track.color_matrix in _ZSCALE_MATRICES else guess
    transfer = track.color_transfer if track.is_hdr else "bt709"
    read = (
        f"zscale=w={width}:h={height}:pin={primaries}:min={matrix}:tin={transfer}"
        f":rin={'full' if track.color_range == 'pc' else 'limited'}"
    )
    write = "p=bt709:t=bt709:m=bt709:r=limited"
    if not track.is_hdr:
        return [f"{read}:{write}"]
    return [
        f"{read}:p={primaries}:t=linear:npl=100",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=hable:desat=0",
        f"zscale={write}",
    ]


def _copy_formats(info: VideoInfo) -> tuple[str, ...]:
    sound = None if info.audio is None else info.audio.codec
    wanted = []
    if info.video.codec in {"h264", "hevc"} and sound in {None, "aac", "mp3"}:
        wanted.append("mp4")
    if info.video.codec in {"vp8", "vp9", "av1"} and sound in {None, "opus", "vorbis"}:
        wanted.append("webm")
    return tuple(dict.fromkeys([*wanted, info.format.name]))


def _is_modern(track: VideoTrack) -> bool:
    is_plain = track.pixel_format in _PLAIN_PIXELS or track.codec != "h264"
    return track.codec in _MODERN_CODECS and is_plain and not track.is_interlaced


def _notes(info: VideoInfo) -> tuple[str, ...]:
    found = {
        "High dynamic range was mapped to standard range.": info.video.is_hdr,
        "Transparency was laid over white.": info.video.has_alpha,
        "The sound was mixed down to stereo.": bool(info.audio and info.audio.channels > _STEREO),
        "The end of the file is missing.": info.is_cut_short,
        "The picture was deinterlaced.": info.video.is_interlaced,
    }
    return tuple(note for note, applies in found.items() if applies)
