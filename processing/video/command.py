"""Composes ffmpeg's commands from the values of a plan; here are nearly all of its options."""

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import ffmpeg

from compression_config import LIMITS
from processing.targets import VIDEO_CODECS, VIDEO_TARGETS
from processing.video.ffmpeg import INPUT_GUARDS
from processing.video.log import LOG_LEVEL
from processing.video.output import Output
from processing.video.reading import Reading
from processing.video.sound import Sound, sound_filters
from processing.video.stream import EncodedVideo, frame_filters

# The kinds of units between the frames in which cameras and editors note places and times (SEI).
_SEI_TYPES: Final = {"h264": "6", "hevc": "39-40"}
# Neither tags nor the names of our tools: they would only cost bytes in small files.
_CLEAN: Final = {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact"}
# Few and long chunks: one for each packet would cost half a kilobyte a second.
_MP4: Final = {"format": "mp4", "movflags": "+faststart", "chunk_duration": 1_000_000}


def encode_command(
    reading: Reading, output: Output, source: Path, target: Path, threads: int
) -> list[str]:
    """The ffmpeg command that makes an mp4 of H.264 or AV1, or of a copied stream, and AAC."""
    read = {**_decoding_options(reading, threads), "max_error_rate": 0.1}
    if isinstance(output.video, EncodedVideo):
        video = _video_options(reading, output.video, threads)
    else:
        video = {"c:v": "copy", **_without_sei(reading)}
    write = {**video, **_sound_options(output.sound), **_MP4}
    return _command(reading, output, (source, target), read, write)


def remux_command(
    reading: Reading, output: Output, source: Path, target: Path, container: str
) -> list[str]:
    """The ffmpeg command that copies the streams, and nothing else, into a new container."""
    muxer = VIDEO_TARGETS[container].writer
    options: dict[str, Any] = {"c": "copy", "format": muxer, **_without_sei(reading)}
    if reading.format.reader == "mov":
        # Fragments may flag no key frame for a while: what comes before one is dropped otherwise.
        options["copyinkf"] = None
    if container in {"mp4", "mov"}:
        options |= {**_MP4, "format": muxer}
        if reading.codec == "hevc":
            options["tag:v"] = "hvc1"  # Apple plays this; left alone, ffmpeg writes hev1.
    return _command(reading, output, (source, target), {}, options)


def decode_command(
    reading: Reading, output: Output, source: Path, threads: int, frames: int = 0
) -> list[str]:
    """The ffmpeg command that decodes the streams for nothing; 0 `frames`: all of them."""
    # Nobody looks at the frames, so that their edges need no smoothing.
    read = {**_decoding_options(reading, threads), "skip_loop_filter": "all"}
    write: dict[str, Any] = {"format": "null", **({"frames:v": frames} if frames else {})}
    # Scaled to their own size, which costs nothing, so that the log tells of another.
    write |= {"vf": "scale=iw:ih", "fps_mode": "passthrough"}
    silent = replace(output, sound=None)
    command = _command(reading, silent, (source, Path(os.devnull)), read, write)
    # Into outputs of their own: none waits for another, with all that was decoded in memory.
    for index in output.sound.inputs if output.sound else ():
        at = command.index(f"file:{os.devnull}")
        command[at:at] = [f"file:{os.devnull}", "-map", f"0:{index}", "-f", "null"]
    return command


def sound_command(reading: Reading, output: Output, source: Path) -> list[str]:
    """The ffmpeg command that encodes a second of the sound alone for nothing."""
    write = {"format": "null", "t": 1, "vn": None, **_sound_options(output.sound)}
    return _command(reading, output, (source, Path(os.devnull)), {}, write)


def alpha_command(reading: Reading, output: Output, source: Path, what: str) -> list[str]:
    """The ffmpeg command that ends at the first frame whose transparency is so: `what`."""
    look = f"format=yuva420p,alphaextract,signalstats,metadata=select:key={what}"
    write = {"format": "null", "frames:v": 1, "vf": look, "fps_mode": "passthrough"}
    return _command(
        reading, output, (source, Path(os.devnull)), _decoding_options(reading, 0), write
    )


def sei_command(reading: Reading, output: Output, source: Path) -> list[str] | None:
    """The ffmpeg command that looks for SEI in the video stream; None: its codec has none."""
    if not _without_sei(reading):
        return None
    only = {"bsf:v": f"filter_units=pass_types={_SEI_TYPES[reading.codec]}", "frames:v": 1}
    write = {"c": "copy", "format": "null", **only}
    return _command(reading, output, (source, Path(os.devnull)), {}, write)


def _decoding_options(reading: Reading, threads: int) -> dict[str, Any]:
    options: dict[str, Any] = {"max_pixels": LIMITS.max_video_pixels}
    if limits := [number for number in (threads, reading.decoding_threads) if number]:
        options["threads"] = min(limits)
    if reading.decoder:
        options["c:v"] = reading.decoder
    return options


def _without_sei(reading: Reading) -> dict[str, Any]:
    """Options that leave the SEI of a copied stream out; high dynamic range needs its own."""
    if reading.codec not in _SEI_TYPES or reading.light:
        return {}
    return {"bsf:v": f"filter_units=remove_types={_SEI_TYPES[reading.codec]}"}


def _video_options(reading: Reading, video: EncodedVideo, threads: int) -> dict[str, Any]:
    encoder = _av1_options if video.codec == "av1" else _h264_options
    return {
        "c:v": VIDEO_CODECS[video.codec].encoder,
        **encoder(video, threads),
        "preset": video.preset,
        "crf": f"{video.crf:.3g}",
        "g": video.key_interval_frames,
        "pix_fmt": "yuv420p",
        "maxrate": f"{video.max_rate_kbps}k",
        "bufsize": f"{video.max_rate_kbps * 2}k",
        "vf": f"{frame_filters(reading, video)},{_tags(video)}",
        "fps_mode": "vfr",
        # The source's own: on one of 1/rate, uneven frames would move, or fall together. In
        # numbers, because ffmpeg's word for it is another in each of its versions.
        "enc_time_base": video.clock,
        **_held(reading, video.clock),
    }


def _held(reading: Reading, clock: str) -> dict[str, Any]:
    """Options that have the last frame shown as long as the source does: ffmpeg forgets that."""
    ticks = Fraction(clock)
    if reading.shown_s is None or ticks.numerator != 1:
        return {}
    left = f"{reading.shown_s:.6f}/TB-(DTS-STARTPTS)"
    return {
        "bsf:v": f"setts=duration='if(eq(NEXT_PTS,NOPTS),max(DURATION,{left}),DURATION)'",
        # The filter takes its packets' ticks, which are the muxer's, for the encoder's.
        "video_track_timescale": ticks.denominator,
    }


def _h264_options(video: EncodedVideo, threads: int) -> dict[str, Any]:
    options: dict[str, Any] = {"profile:v": "high"}
    if video.encoder_params:
        options["x264-params"] = video.encoder_params
    if video.lookahead:
        options["rc-lookahead"] = video.lookahead
    if threads:
        options["threads"] = threads
    return options


def _av1_options(video: EncodedVideo, threads: int) -> dict[str, Any]:
    parameters = [video.encoder_params] if video.encoder_params else []
    if threads:
        parameters.append(f"lp={threads}")
    return {"svtav1-params": ":".join(parameters)} if parameters else {}


def _tags(video: EncodedVideo) -> str:
    # On the frames, not as the encoder's options: from 6.1 on ffmpeg overrides those by the frames.
    color = video.color
    return (
        f"setparams=colorspace={color.matrix}:color_primaries={color.primaries}"
        f":color_trc={color.transfer}:range=tv"
    )


def _sound_options(sound: Sound | None) -> dict[str, Any]:
    if sound is None:
        return {}
    if sound.is_copied:
        return {"c:a": "copy"}
    return {
        "c:a": "aac",
        "b:a": f"{sound.kbps}k",
        "ac": sound.channels,
        "ar": sound.sample_rate_hz,
        **sound_filters(sound),
    }


def _command(
    reading: Reading,
    output: Output,
    files: tuple[Path, Path],
    read: dict[str, Any],
    write: dict[str, Any],
) -> list[str]:
    source, target = files
    wanted = [reading.stream]
    if output.sound and "filter_complex" not in write:  # which has streams of its own
        wanted += output.sound.inputs
    opened = ffmpeg.input(f"file:{source}", format=reading.format.reader, **INPUT_GUARDS, **read)
    made = ffmpeg.output(
        *(opened[str(index)] for index in wanted),
        f"file:{target}",
        dn=None,
        sn=None,
        max_muxing_queue_size=65536,
        # Left alone, ffmpeg writes no projection into mp4.
        **({"strict": "unofficial"} if reading.has_projection else {}),
        **_notices(output),
        **_CLEAN,
        **write,
    )
    command: list[str] = made.global_args(
        *("-hide_banner", "-nostdin", "-v", LOG_LEVEL, "-progress", "pipe:1", "-nostats")
    ).compile(overwrite_output=True)
    return command


def _notices(output: Output) -> dict[str, str]:
    # An option is a key of the dictionary, so each notice needs a spelling of its own.
    spellings = ("metadata", "metadata:g")
    return {
        option: f"{name}={text}"
        for option, (name, text) in zip(spellings, output.tags, strict=False)
    }
