"""Encodes clips and judges them: bytes, processor time, and likeness to the source (VMAF, SSIM)."""

import itertools
import json
import math
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

CLOSE_VMAF = 0.3  # two encodings this near to each other count as equally good
LONGEST_STEP, LOWEST_CRF = 3.0, 10.0


@dataclass(frozen=True, slots=True)
class Point:
    """One encoding."""

    crf: float
    size_bytes: int
    cpu_s: float  # user and system, decoding included
    vmaf: float  # mean over all frames, at the reference's size
    ssim: float


@dataclass(frozen=True, slots=True)
class Pair:
    """One clip by two encoders, at the same mean VMAF."""

    kind: str
    peer: Point
    ours: Point

    @property
    def bytes_ratio(self) -> float:
        """Ours over the peer's."""
        return self.ours.size_bytes / self.peer.size_bytes

    @property
    def cpu_ratio(self) -> float:
        """Ours over the peer's."""
        return self.ours.cpu_s / self.peer.cpu_s

    def cells(self) -> list[str]:
        """A row of the table."""
        peer, ours = self.peer, self.ours
        return [
            self.kind,
            f"{peer.size_bytes / 1000:.0f}",
            f"{peer.vmaf:.2f} / {peer.ssim:.4f}",
            f"{peer.cpu_s:.2f}",
            f"{ours.crf:.4g}",
            f"{ours.size_bytes / 1000:.0f}",
            f"{ours.vmaf:.2f} / {ours.ssim:.4f}",
            f"{ours.cpu_s:.2f}",
            f"{self.bytes_ratio:.2f}",
            f"{self.cpu_ratio:.2f}",
        ]


PAIR_COLUMNS = [
    "clip",
    "peer kB",
    "VMAF / SSIM",
    "CPU s",
    "our CRF",
    "kB",
    "VMAF / SSIM",
    "CPU s",
    "bytes, ours over peer's",
    "CPU",
]


def judged(
    command: Sequence[str], target: Path, reference: Path, *, crf: float, repeat: int = 1
) -> Point:
    """Run an encoder's `command`, which writes `target`, and compare that with the reference.

    The least processor time of `repeat` runs counts: neighbours on the machine only ever add.
    """
    cpu_s = min(processor_s(command) for _ in range(repeat))
    vmaf, ssim = likeness(target, reference)
    return Point(crf, target.stat().st_size, cpu_s, vmaf, ssim)


def processor_s(command: Sequence[str]) -> float:
    """Seconds of processor time, user and system, that a command and its children take."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise subprocess.CalledProcessError(child.returncode, command)
    return used.ru_utime + used.ru_stime


def likeness(encoded: Path, reference: Path) -> tuple[float, float]:
    """Mean VMAF (default model) and mean SSIM; what is smaller than the reference is enlarged.

    Frames are compared in their order, whatever their times; their number has to be the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "vmaf.json"
        # The same tags for both: where they differ, ffmpeg converts one to the other's colours.
        plain = (
            "settb=AVTB,setpts=N/25/TB,setparams=colorspace=bt709:color_primaries=bt709"
            ":color_trc=bt709:range=tv"
        )
        width, height = facts(reference)[:2]
        graph = (
            f"[0:v]{plain},scale={width}:{height}:flags=bicubic,format=yuv420p[seen];"
            f"[1:v]{plain},format=yuv420p[wanted];[seen][wanted]"
            f"libvmaf=log_fmt=json:log_path={log}:n_threads=2:feature=name=float_ssim"
        )
        opened = ("-i", str(encoded), "-i", str(reference), "-filter_complex", graph)
        program = import_module("imageio_ffmpeg").get_ffmpeg_exe()
        subprocess.run([program, "-v", "fatal", "-nostdin", *opened, "-f", "null", "-"], check=True)
        answer = json.loads(log.read_text())
    counted = len(answer["frames"])
    if not counted == facts(encoded)[2] == facts(reference)[2]:
        raise RuntimeError(f"{encoded} has not the frames of {reference}")
    pooled = answer["pooled_metrics"]
    return pooled["vmaf"]["mean"], pooled["float_ssim"]["mean"]


def facts(path: Path) -> tuple[int, int, int]:
    """Width, height and how many frames a video file holds."""
    command = ["ffprobe", "-v", "error", "-count_packets", "-select_streams", "v:0", "-of", "json"]
    command += ["-show_entries", "stream=width,height,nb_read_packets", str(path)]
    answer = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    track = json.loads(answer)["streams"][0]
    return track["width"], track["height"], int(track["nb_read_packets"])


def at_equal_vmaf(
    encode: Callable[[float], Point], wanted_vmaf: float, crfs: Sequence[float]
) -> Point:
    """The encoding that comes nearest to the wanted VMAF, at a CRF found on the curve of `crfs`."""
    points = [encode(crf) for crf in crfs]
    for _ in range(3):
        if min(abs(point.vmaf - wanted_vmaf) for point in points) > CLOSE_VMAF:
            crf = interpolated([(point.vmaf, point.crf) for point in points], wanted_vmaf)
            tried = [point.crf for point in points]
            # Where a curve is flat, a line through it leads far away.
            crf = min(max(crf, min(tried) - LONGEST_STEP, LOWEST_CRF), max(tried) + LONGEST_STEP)
            points.append(encode(round(crf, 2)))
    return min(points, key=lambda point: abs(point.vmaf - wanted_vmaf))


def interpolated(known: Iterable[tuple[float, float]], x: float) -> float:
    """The value at `x` on the line through the two points that lie around it, or next to it."""
    points = sorted(known)
    pairs = list(itertools.pairwise(points))
    (x1, y1), (x2, y2) = next((pair for pair in pairs if x <= pair[1][0]), pairs[-1])
    return y1 + (y2 - y1) * (x - x1) / (x2 - x1) if x2 != x1 else y1


def mean_ratio(ratios: Iterable[float]) -> float:
    """The geometric mean."""
    logs = [math.log(ratio) for ratio in ratios]
    return math.exp(sum(logs) / len(logs))


def as_samples(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """The raw numbers."""
    return [asdict(pair) for pair in pairs]
