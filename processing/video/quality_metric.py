"""Estimates how good an encoding looks, on VMAF's scale, with what Debian's ffmpeg can measure.

VMAF itself is not in that ffmpeg. Its strongest part is VIF, which is, but slow at full size: so it
is taken of every few frames at half their size. VMAF forgives more where much moves, and less where
even a coarse encoding takes many bits.
"""

import math
import re
import statistics
from pathlib import Path
from typing import Final, NamedTuple

from errors import EncodingError
from processing.video.ffmpeg import GUARD_WORDS, run_ffmpeg

_EVERY: Final = 5  # frames, of which one is looked at
_VIF: Final = re.compile(r"^lavfi\.vif\.scale\.0=([0-9.]+)$", re.MULTILINE)
_MOTION: Final = re.compile(r"^lavfi\.signalstats\.YDIF=([0-9.]+)$", re.MULTILINE)

# `bench fit` fits the five coefficients by least squares, and prints them for the videos of any
# folder. These are from 15 real clips (10 to 60 frames a second, 480p to 1080p): their CRF came out
# 1.0 off (root of the mean square) and 2.2 at most; that of a clip left out of it, 1.6 and 2.8.
TRIAL_CRF: Final = 26.0  # x264's, of the encoding that is looked at
FITTED_VMAF: Final = 93.0
_COEFFICIENTS: Final = (15.37, -6.290, 5.826, -1.863, -4.744)
_LEAST_LOSS, _LEAST_BITS, _SLOW = 0.001, 0.001, 4.0


class Likeness(NamedTuple):
    """How like its source an encoding is, and how hard that was."""

    vif: float  # of brightness at half size, 1: the same
    motion: float  # median change of brightness from frame to frame at half size, 0 to 255


def crf_of_fitted_vmaf(likeness: Likeness, pixel_bits_per_s: float) -> float:
    """x264's CRF at which the mean VMAF of the whole video is about FITTED_VMAF.

    `likeness` is that of an encoding at TRIAL_CRF, or for another encoder the one that means about
    the same; `pixel_bits_per_s` is what that spends on each pixel of a frame in a second.
    """
    terms = terms_of(likeness, pixel_bits_per_s)
    return math.fsum(factor * term for factor, term in zip(_COEFFICIENTS, terms, strict=True))


def terms_of(likeness: Likeness, pixel_bits_per_s: float) -> tuple[float, ...]:
    """What the coefficients are multiplied with."""
    return (
        1.0,
        math.log(max(0.0, 1.0 - likeness.vif) + _LEAST_LOSS),
        math.log1p(likeness.motion),
        min(likeness.motion, _SLOW),
        math.log(max(pixel_bits_per_s, _LEAST_BITS)),
    )


def measure(encoded: Path, reference: Path, *, cwd: Path, deadline: float) -> Likeness:
    """Compare an mp4 with the Matroska file it was made of, frame by frame in their order.

    Raises EncodingError, or what program.run raises.
    """
    finished = run_ffmpeg(_command(encoded, reference), cwd, deadline)
    vifs, motions = (
        [float(value) for value in pattern.findall(finished.output)] for pattern in (_VIF, _MOTION)
    )
    if finished.status != 0 or not vifs or len(motions) <= 1:
        raise EncodingError
    # The second of each pair; their median, because some pairs lie across a cut between pieces.
    return Likeness(statistics.mean(vifs), statistics.median(motions[1::2]))


def _command(encoded: Path, reference: Path) -> list[str]:
    opened = []
    for demuxer, path in (("mov", encoded), ("matroska", reference)):
        opened += ["-f", demuxer, *GUARD_WORDS, "-i", f"file:{path}"]
    # Frames are paired by number, not by time: containers round times differently. Frames that are
    # not compared are dropped before scaling; motion needs the one after each that is.
    counted = "settb=AVTB,setpts=N/25/TB"
    half = "format=gray,scale=iw/2:ih/2:flags=bicubic"
    some, pairs = (f"select=lt(mod(n\\,{_EVERY})\\,{count})" for count in (1, 2))
    graph = (
        f"[0:v]{counted},{some},{half}[seen];"
        f"[1:v]{counted},{pairs},{half},signalstats,"
        "metadata=print:key=lavfi.signalstats.YDIF:file=-,select=not(mod(n\\,2))[wanted];"
        "[seen][wanted]vif,metadata=print:file=-[out]"
    )
    return [
        *("ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-nostats", *opened),
        *("-filter_complex", graph, "-map", "[out]", "-fps_mode", "passthrough", "-f", "null", "-"),
    ]
