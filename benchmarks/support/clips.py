"""Finds the clips to measure with: those of a folder, or some that it makes itself."""

import json
import subprocess
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.support import media
from harness.samples import demo
from order import Order
from processing.allowance import Allowance
from processing.formats import identify
from processing.video.command import encode_command
from processing.video.plan import VideoPlan, plan_video
from processing.video.probe import probe_video
from processing.video.stream import frame_filters


@dataclass(frozen=True, slots=True)
class Clip:
    """A piece of a video, cut out without encoding it again."""

    kind: str  # what it is, for a table
    path: Path
    reference: Path  # its pictures without loss, as they go into the encoder
    plan: VideoPlan  # of profile balanced; without sound

    def command(self, target: Path, **changes: Any) -> list[str]:
        """Our own ffmpeg command for the clip with parts of its video's plan replaced."""
        plan = replace(self.plan, video=replace(self.plan.video, **changes))
        return encode_command(plan.reading, plan.output, self.path, target, threads=2)

    @property
    def filters(self) -> str:
        """What its frames go through before they are encoded."""
        return frame_filters(self.plan.reading, self.plan.video)


def clips(folder: Path | None, work_dir: Path, seconds: float) -> list[Clip]:
    """Pieces of `seconds` of every video in `folder`, or of those that are made here.

    HDR and transparency are left out: their encodings are compared with what they are turned into.
    """
    sources = sorted(folder.iterdir()) if folder else _made(work_dir)
    found: dict[str, Clip] = {}
    for number, source in enumerate(sources):
        piece = _cut(source, work_dir / f"piece{number}.mp4", seconds)
        if piece is None:
            continue
        clip = _clip(piece, _words(source))
        if clip is not None:
            found.setdefault(clip.kind, clip)  # the same clip twice counts once
    return list(found.values())


def _clip(path: Path, kind: str) -> Clip | None:
    info = probe_video(path, identify(path), path.parent, time.monotonic() + 60)
    if info.video.is_hdr or info.video.has_alpha:
        return None
    plan = plan_video(info, Order(profile="balanced"), Allowance())
    plan = replace(plan, sound=None, kept=None)
    reference = path.with_suffix(".y4m")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(path), "-map", "0:v:0"]
    command += [
        "-vf",
        frame_filters(plan.reading, plan.video),
        "-fps_mode",
        "passthrough",
        "-pix_fmt",
        "yuv420p",
    ]
    subprocess.run([*command, str(reference)], check=True)
    return Clip(kind, path, reference, plan)


def _cut(source: Path, target: Path, seconds: float) -> Path | None:
    """The middle of the first picture track, from a key picture on; None where mp4 has no place."""
    start_s = max(0.0, (_duration_s(source) - seconds) / 2)
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-ss", f"{start_s}", "-i", str(source)]
    command += ["-t", f"{seconds}", "-map", "0:v:0", "-c", "copy", "-avoid_negative_ts", "1"]
    done = subprocess.run([*command, str(target)], capture_output=True, check=False)
    return target if done.returncode == 0 else None


def _made(work_dir: Path) -> list[Path]:
    photo, clip = work_dir / "photo.jpg", work_dir / "zoom.mp4"
    demo.landscape().save(photo, quality=96)
    demo.film(photo, clip)
    return [media.clip(work_dir / "grain.mp4", 15 * media.MEGABYTE), clip]


def _duration_s(path: Path) -> float:
    return float(_probed(path)["format"].get("duration", 0))


def _words(path: Path) -> str:
    answer = _probed(path)
    track = next(s for s in answer["streams"] if s["codec_type"] == "video")
    kbps = int(track.get("bit_rate", 0)) / 1000 or int(answer["format"]["bit_rate"]) / 1000
    size = f"{track['width']}x{track['height']}"
    rate = float(Fraction(track["avg_frame_rate"]))
    return f"{track['codec_name']} {size}, {rate:.3g} fps, {kbps:.0f} kbit/s"


def _probed(path: Path) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", str(path)]
    answer: dict[str, Any] = json.loads(
        subprocess.run(command, capture_output=True, check=True).stdout
    )
    return answer
