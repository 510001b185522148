"""Composes ffmpeg's commands for a VideoPlan; the only module that knows ffmpeg's options."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import ffmpeg

from processing.video.ffprobe import INPUT_GUARDS
from processing.video.plan import VideoPlan
from processing.video.plan_audio import AudioPlan

_MUXERS: Final = {
    "mp4": "mp4",
    "mov": "mov",
    "webm": "webm",
    "mkv": "matroska",
    "avi": "avi",
    "wmv": "asf",
    "flv": "flv",
    "ts": "mpegts",
}
# The kinds of units between the pictures in which cameras and editors note places and times.
_ASIDES: Final = {"h264": "6", "hevc": "39-40"}
# Neither tags nor the names of our tools: they would only cost bytes in small files.
_CLEAN: Final = {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact"}


def encode_command(
    plan: VideoPlan, source: Path, target: Path, *, threads: int, max_pixels: int
) -> list[str]:
    """The ffmpeg command that makes the plan's mp4: H.264 or AV1, and AAC."""
    reading: dict[str, Any] = {"max_pixels": max_pixels, "max_error_rate": 0.1}
    if limits := [number for number in (threads, plan.decoding_threads) if number]:
        reading["threads"] = min(limits)
    if plan.decoder:
        reading["c:v"] = plan.decoder
    picture = _picture_options(plan, threads)
    if plan.is_picture_copied:
        picture = {"c:v": "copy", **_silencing(plan)}
    return _command(
        plan, source, target, reading, {**picture, **_audio_options(plan.audio), **_mp4_options()}
    )


def remux_command(plan: VideoPlan, source: Path, target: Path, format_name: str) -> list[str]:
    """The ffmpeg command that copies the plan's streams, and nothing else, into a new container."""
    options: dict[str, Any] = {"c": "copy", "format": _MUXERS[format_name], **_silencing(plan)}
    if plan.demuxer == "mov":
        # Fragments may flag no key picture for a while: what comes before one is dropped otherwise.
        options["copyinkf"] = None
    if format_name in {"mp4", "mov"}:
        options |= {**_mp4_options(), "format": _MUXERS[format_name]}
        if plan.source_codec == "hevc":
            options["tag:v"] = "hvc1"  # which Apple plays; left alone, ffmpeg writes hev1
    return _command(plan, source, target, {}, options)


def decode_command(plan: VideoPlan, source: Path, *, max_pixels: int, pictures: int) -> list[str]:
    """The ffmpeg command that decodes the plan's streams for nothing; 0 `pictures`: all of them."""
    reading: dict[str, Any] = {"max_pixels": max_pixels}
    if plan.decoding_threads:
        reading["threads"] = plan.decoding_threads
    wanted: dict[str, Any] = {"format": "null", **({"frames:v": pictures} if pictures else {})}
    return _command(plan, source, Path(os.devnull), reading, wanted)


def asides_command(plan: VideoPlan, source: Path) -> list[str] | None:
    """The ffmpeg command that looks for one aside in the picture's stream; None: there are none."""
    if not _silencing(plan):
        return None
    wanted = {"bsf:v": f"filter_units=pass_types={_ASIDES[plan.source_codec]}", "frames:v": 1}
    silent = replace(plan, audio=None)
    return _command(silent, source, Path(os.devnull), {}, {"c": "copy", "format": "null", **wanted})


def _silencing(plan: VideoPlan) -> dict[str, Any]:
    """Options that leave the asides of a copied stream out; high dynamic range needs its own."""
    if plan.source_codec not in _ASIDES or plan.light:
        return {}
    return {"bsf:v": f"filter_units=remove_types={_ASIDES[plan.source_codec]}"}


def _picture_options(plan: VideoPlan, threads: int) -> dict[str, Any]:
    encoder = _av1_options(plan, threads) if plan.codec == "av1" else _h264_options(plan, threads)
    return {
        **encoder,
        "preset": plan.preset,
        "crf": f"{plan.crf:.3g}",
        "g": plan.key_interval_frames,
        "pix_fmt": "yuv420p",
        "maxrate": f"{plan.max_rate_kbps}k",
        "bufsize": f"{plan.max_rate_kbps * 2}k",
        "vf": f"{plan.filters},{_tags(plan)}",
        "fps_mode": "vfr",
        # The source's own: on one of 1/rate, uneven frames would move, or fall together. In
        # numbers, because ffmpeg's word for it is another in each of its versions.
        "enc_time_base": plan.clock,
    }


def _h264_options(plan: VideoPlan, threads: int) -> dict[str, Any]:
    options: dict[str, Any] = {"c:v": "libx264", "profile:v": "high"}
    if plan.encoder_params:
        options["x264-params"] = plan.encoder_params
    if plan.lookahead:
        options["rc-lookahead"] = plan.lookahead
    if threads:
        options["threads"] = threads
    return options


def _av1_options(plan: VideoPlan, threads: int) -> dict[str, Any]:
    parameters = [plan.encoder_params] if plan.encoder_params else []
    if threads:
        parameters.append(f"lp={threads}")
    return {
        "c:v": "libsvtav1",
        **({"svtav1-params": ":".join(parameters)} if parameters else {}),
    }


def _tags(plan: VideoPlan) -> str:
    # On the frames, not as the encoder's options: from 6.1 on ffmpeg overrides those by the frames.
    return (
        f"setparams=colorspace={plan.color_matrix}:color_primaries={plan.color_primaries}"
        f":color_trc={plan.color_transfer}:range=tv"
    )


def _mp4_options() -> dict[str, Any]:
    # Few and long chunks: one for each packet would cost half a kilobyte a second.
    return {"format": "mp4", "movflags": "+faststart", "chunk_duration": 1_000_000}


def _audio_options(audio: AudioPlan | None) -> dict[str, Any]:
    if audio is None:
        return {}
    if audio.is_copied:
        return {"c:a": "copy"}
    return {
        "c:a": "aac",
        "b:a": f"{audio.kbps}k",
        "ac": audio.channels,
        "ar": audio.sample_rate_hz,
        **({"af": audio.filters} if audio.filters else {}),
    }


def _command(
    plan: VideoPlan, source: Path, target: Path, reading: dict[str, Any], writing: dict[str, Any]
) -> list[str]:
    wanted = [plan.video_index] + ([plan.audio.index] if plan.audio else [])
    opened = ffmpeg.input(f"file:{source}", format=plan.demuxer, **INPUT_GUARDS, **reading)
    made = ffmpeg.output(
        *(opened[str(index)] for index in wanted),
        f"file:{target}",
        dn=None,
        sn=None,
        max_muxing_queue_size=65536,
        **_notices(plan),
        **_CLEAN,
        **writing,
    )
    command: list[str] = made.global_args(
        *("-hide_banner", "-nostdin", "-v", "error", "-progress", "pipe:1", "-nostats")
    ).compile(overwrite_output=True)
    return command


def _notices(plan: VideoPlan) -> dict[str, str]:
    # An option is a key of the dictionary, so each notice needs a spelling of its own.
    spellings = ("metadata", "metadata:g")
    return {
        option: f"{name}={text}"
        for option, (name, text) in zip(spellings, plan.kept_tags, strict=False)
    }
