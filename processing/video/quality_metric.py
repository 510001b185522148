"""Estimates how good an encoding looks, on VMAF's scale, with what Debian's ffmpeg can measure.

VMAF itself is not in that ffmpeg. Its strongest part is VIF, which is, but slow at full size: so it
is taken of every few frames at half their size. VMAF forgives more where much moves, and the CRF
says how coarsely the encoder was allowed to store it.
"""

import math
import re
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from compression_config import LIMITS
from errors import EncodingError
from processing.child import encoder
from processing.video.ffprobe import INPUT_GUARDS

_EVERY: Final = 5  # frames, of which one is looked at
_VIF: Final = re.compile(r"^lavfi\.vif\.scale\.0=([0-9.]+)$", re.MULTILINE)
_MOTION: Final = re.compile(r"^lavfi\.signalstats\.YDIF=([0-9.]+)$", re.MULTILINE)

# Fitted to the VMAF of 45 encodings (x264, CRF 17 to 32; nine clips at their own size and at half
# of it) above 84. With each clip predicted from the others only, the error was 1.3 on average (root
# of the mean square) and 3.1 at most. No margin is taken off:
# pieces of a second come out worse than the whole by more than that (`bench quality`).
_AT_BEST: Final = 98.53
_PER_SQUARED_CRF: Final = -0.0105
_PER_LOSS: Final = -0.9015  # natural logarithm
_LEAST_LOSS: Final = 0.001
_PER_SLOW_MOTION: Final = -1.525
_PER_MOTION: Final = 1.055
_SLOW, _FAST = 4.0, 12.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like its source an encoding is, and how hard that was."""

    vif: float  # of brightness at half size, 1: the same
    motion: float  # median change of brightness from frame to frame at half size, 0 to 255


def estimated_vmaf(likeness: Likeness, h264_crf: float) -> float:
    """VMAF's mean, at most 100.

    `h264_crf` is x264's, or for another encoder the one that means about the same.
    """
    loss = max(0.0, 1.0 - likeness.vif) + _LEAST_LOSS
    return min(
        100.0,
        _AT_BEST
        + _PER_SQUARED_CRF * h264_crf**2
        + _PER_LOSS * math.log(loss)
        + _PER_SLOW_MOTION * min(likeness.motion, _SLOW)
        + _PER_MOTION * min(likeness.motion, _FAST) * likeness.vif,
    )


def measure(encoded: Path, reference: Path, *, cwd: Path, deadline: float) -> Likeness:
    """Compare an mp4 with the Matroska file it was made of, frame by frame in their order.

    Raises EncodingError, or what encoder.run raises.
    """
    finished = encoder.run(
        _command(encoded, reference),
        cwd=cwd,
        bounds=encoder.Bounds(deadline, LIMITS.video_memory_bytes, file_bytes=0),
    )
    vifs, motions = (
        [float(value) for value in pattern.findall(finished.output)] for pattern in (_VIF, _MOTION)
    )
    if finished.status != 0 or not vifs or len(motions) <= 1:
        raise EncodingError
    # The median, because the pieces of a sample are cut hard from one to the next.
    return Likeness(statistics.mean(vifs), statistics.median(motions[1:]))


def _command(encoded: Path, reference: Path) -> list[str]:
    opened = []
    for demuxer, path in (("mov", encoded), ("matroska", reference)):
        guards = [word for key, value in INPUT_GUARDS.items() for word in (f"-{key}", value)]
        opened += ["-f", demuxer, *guards, "-i", f"file:{path}"]
    # By their number, not by their times: containers round those differently.
    half = "settb=AVTB,setpts=N/25/TB,format=gray,scale=iw/2:ih/2:flags=bicubic"
    some = f"select=not(mod(n\\,{_EVERY}))"
    graph = (
        f"[0:v]{half},{some}[seen];"
        f"[1:v]{half},signalstats,metadata=print:key=lavfi.signalstats.YDIF:file=-,{some}[wanted];"
        "[seen][wanted]vif,metadata=print:file=-[out]"
    )
    return [
        *("ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-nostats", *opened),
        *("-filter_complex", graph, "-map", "[out]", "-fps_mode", "passthrough", "-f", "null", "-"),
    ]
