"""Takes a few short pieces of a video, as its encoder would see them, without loss."""

import math
from pathlib import Path
from typing import Final, NamedTuple

from compression_config import LIMITS
from errors import EncodingError
from processing.sandbox.watch import Finished
from processing.task import Task
from processing.video.ffmpeg import GUARD_WORDS, run_ffmpeg
from processing.video.plan import VideoPlan
from processing.video.stream import frame_filters

_PIECES: Final = 3
_LONGEST_PIECE_S: Final = 0.6
_SHARE: Final = 0.1  # of the video; to encode more of it twice would cost more than it brings
_SHORTEST_S: Final = 0.7  # all pieces together: some twenty frames
_LEAST_FRAMES: Final = 8
_LEAST_BITS_PER_PIXEL: Final = 0.01  # without loss; less is black or next to it
MOST_SAMPLE_BYTES: Final = 1 << 30


class Samples(NamedTuple):
    """Pieces of one video, one after the other in one file."""

    path: Path
    frames: int
    seconds: float  # of the video that they cover


def take_samples(task: Task, plan: VideoPlan, name: str, deadline: float) -> Samples | None:
    """Write pieces from all over the video into the work folder, as `name`.

    None where they say nothing: all black, or over before their time. They went through the plan's
    filters, so that a comparison of an encoding with them shows what the encoder alone lost.
    Raises EncodingError, or what program.run raises.
    """
    duration_s = plan.reading.duration_s
    if duration_s is None or duration_s <= 0:
        return None
    path = task.work_dir / name
    command = sampling_command(plan, task.source, path, duration_s)
    finished = run_ffmpeg(command, task.work_dir, deadline, file_bytes=MOST_SAMPLE_BYTES)
    if finished.status != 0:
        raise EncodingError
    frames = frames_made(finished)
    if frames < _LEAST_FRAMES:
        return None
    bits_per_pixel = path.stat().st_size * 8 / (plan.video.width * plan.video.height * frames)
    if bits_per_pixel < _LEAST_BITS_PER_PIXEL:
        return None
    taken_s = math.fsum(length_s for _, length_s in _pieces(duration_s))
    return Samples(path, frames, taken_s)


def sampling_command(plan: VideoPlan, source: Path, target: Path, duration_s: float) -> list[str]:
    """The ffmpeg command that joins pieces of `source`, filtered, into one lossless file."""
    reading, pieces = plan.reading, _pieces(duration_s)
    filters = frame_filters(reading, plan.video)
    opened: list[str] = []
    for start_s, length_s in pieces:
        opened += ["-ss", f"{start_s:.3f}", "-t", f"{length_s:.3f}", "-threads", "2"]
        opened += ["-f", reading.format.reader, "-max_pixels", str(LIMITS.max_video_pixels)]
        opened += GUARD_WORDS
        opened += ["-c:v", reading.decoder] if reading.decoder else []
        opened += ["-i", f"file:{source}"]
    inputs = "".join(f"[{number}:{reading.stream}]" for number in range(len(pieces)))
    return [
        *("ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-progress", "pipe:1", "-nostats"),
        *opened,
        # One chain for all: its labels could not be there twice.
        *("-filter_complex", f"{inputs}concat=n={len(pieces)}:v=1:a=0,{filters}[out]"),
        *("-map", "[out]", "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-qp", "0", "-f", "matroska", "-y", f"file:{target}"),
    ]


def frames_made(finished: Finished) -> int:
    """How many frames ffmpeg says that it wrote, in its -progress output."""
    counts = [line[6:] for line in finished.output.splitlines() if line.startswith("frame=")]
    return int(counts[-1]) if counts else 0


def _pieces(duration_s: float) -> list[tuple[float, float]]:
    """Where pieces start and how long they are, in seconds; a video hardly longer is taken whole.

    They lie in the middle of as many equal parts: titles and fades are at the ends.
    """
    length_s = min(max(_SHARE * duration_s, _SHORTEST_S), _PIECES * _LONGEST_PIECE_S)
    if duration_s <= 2 * _SHORTEST_S:
        return [(0.0, duration_s)]
    count = min(_PIECES, max(1, round(length_s / 0.3)))
    part_s, piece_s = duration_s / count, length_s / count
    return [((number + 0.5) * part_s - piece_s / 2, piece_s) for number in range(count)]
