"""Measures what the pipeline adds to an encoder: waits apart, and our own work step by step."""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from benchmarks.support import bare, media, stopwatch
from benchmarks.support.at_rest import SETTLING_S
from benchmarks.support.stopwatch import Lap
from harness.result import Conditions, Figure, Result, Table, keep, milliseconds
from harness.rig.running import Setup, running
from harness.rig.service import Service
from jobs.job import Job

GOAL_S, GOAL_SHARE = 0.150, 0.03
JOB_LIMIT_S = 900.0
NOTES = (
    (
        "The bare run is the same ffmpeg command (without `-progress`), or Pillow in a "
        "warm process at the same size, quality and effort, right after each job."
    ),
    (
        "Trigger wait and queue wait are the polling of devhost: every 2 s for blobs, at "
        "most 2 s for the queue. They are the host's, and differ on Azure."
    ),
    (
        "The row's claim and its last write are inside our own work; the upload's deletion "
        "comes after completion and is not."
    ),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One job, and the encoder alone right after it; all in seconds."""

    trigger_wait: float  # from the end of the upload until the row is written
    queue_wait: float  # from there until the claim
    processing: float  # from the claim until the row says completed
    encoder: float  # the encoder's part of the job, by the stopwatch
    bare: float  # the encoder alone
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def own(self) -> float:
        """Our own work, by difference: noise of both encoder runs is in it."""
        return self.processing - self.bare

    @property
    def own_timed(self) -> float:
        """Our own work, by the stopwatch: the time in which no encoder ran."""
        return self.processing - self.encoder

    @property
    def allowed(self) -> float:
        """What our own work may take."""
        return GOAL_S + GOAL_SHARE * self.bare


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench overhead", description=__doc__)
    parser.add_argument("--pairs", type=int, default=9, help="jobs for each file (9)")
    parser.add_argument("--photo-mb", type=float, default=1.0)
    parser.add_argument("--clip-mb", type=float, default=20.0)
    parser.add_argument("--keep", action="store_true", help="write results/overhead.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with tempfile.TemporaryDirectory(prefix="mediaprocessor-bench-") as scratch:
        folder = Path(scratch)
        laps = folder / "laps.jsonl"
        laps.touch()
        files = {
            "photo": media.photo(folder / "photo.jpg", int(given.photo_mb * media.MEGABYTE)),
            "clip": media.clip(folder / "clip.mp4", int(given.clip_mb * media.MEGABYTE)),
        }
        sizes = {kind: file.stat().st_size for kind, file in files.items()}
        with running(folder, Setup(preface=stopwatch.preface(laps))) as app:
            time.sleep(SETTLING_S)
            pairs = {kind: measure(app, laps, file, given.pairs) for kind, file in files.items()}
    command = f"./scripts/bench overhead --pairs {given.pairs}"
    keep(summary(pairs, sizes, command), conditions, to_files=given.keep)


def measure(app: Service, laps: Path, source: Path, count: int) -> list[Pair]:
    """`count` pairs after one that warms up caches and connections and is not counted."""
    pairs = []
    for number in range(count + 1):
        name = f"bench-{number}-{source.name}"
        began = time.time()
        uploaded_at = app.upload(name, source)
        wait_for_the_end(laps, began)
        job = app.completed_job(name)
        pair = paired(job, uploaded_at, list(stopwatch.read(laps, began)), source)
        print(f"{name}: own {1000 * pair.own:.0f} ms, timed {1000 * pair.own_timed:.0f} ms")
        pairs += [pair] if number else []
    return pairs


def wait_for_the_end(laps: Path, since: float) -> None:
    """Returns once the upload is deleted, the job's last step; asks storage nothing meanwhile."""
    deadline = time.time() + JOB_LIMIT_S
    while not any(lap.step == "attempt" for lap in stopwatch.read(laps, since)):
        if time.time() > deadline:
            raise RuntimeError("The job does not end.")
        time.sleep(0.2)


def paired(job: Job, uploaded_at: datetime, laps: Sequence[Lap], source: Path) -> Pair:
    """The job's times, and a run of the encoder alone now."""
    if not (job.processing_started_at and job.completed_at):
        raise RuntimeError(f"{job.blob_name} has no times")
    started, completed = job.processing_started_at.timestamp(), job.completed_at.timestamp()
    children = [lap for lap in laps if lap.step == "child"]
    ffmpeg = next((lap for lap in children if lap.argv[0] == "ffmpeg"), None)
    last_write = max((lap for lap in laps if lap.step == "write row"), key=lambda lap: lap.ended)
    steps = _common_steps(laps, started, completed)
    if ffmpeg:
        encoder_s = ffmpeg.seconds
        target = source.with_name("bare.mp4")
        bare_s = bare.ffmpeg_s(bare.ffmpeg_command(ffmpeg.argv, source, target))
        target.unlink()
        steps |= _video_steps(children, ffmpeg)
    else:
        bare_s = bare.picture_s(source)
        picture_steps = _picture_steps(children)
        encoder_s = picture_steps.pop("encode")
        steps |= picture_steps
    processing = last_write.ended - started
    known = sum(steps.values()) - steps["delete the upload (after completion)"]
    steps["everything else"] = processing - encoder_s - known
    return Pair(
        trigger_wait=job.created_at.timestamp() - uploaded_at.timestamp(),
        queue_wait=started - job.created_at.timestamp(),
        processing=processing,
        encoder=encoder_s,
        bare=bare_s,
        steps=steps,
    )


def _common_steps(laps: Sequence[Lap], started: float, completed: float) -> dict[str, float]:
    writes = sorted(
        (lap for lap in laps if lap.step == "write row" and lap.ended > started),
        key=lambda lap: lap.began,
    )

    def total(step: str) -> float:
        return sum(lap.seconds for lap in laps if lap.step == step and lap.began >= started)

    return {
        "claim the row": writes[0].ended - started,
        "download": total("download"),
        "digest of the result": total("digest"),
        "heartbeats and the result's name": sum(lap.seconds for lap in writes[1:-1]),
        "store the result": total("store"),
        "re-read the result": total("re-read"),
        "complete the row": writes[-1].ended - completed,
        "delete the upload (after completion)": total("delete upload"),
    }


def _video_steps(children: Iterable[Lap], ffmpeg: Lap) -> dict[str, float]:
    probes = [lap for lap in children if lap.argv[0] == "ffprobe"]
    return {
        "probe (ffprobe)": sum(lap.seconds for lap in probes if lap.ended <= ffmpeg.began),
        "verify (ffprobe)": sum(lap.seconds for lap in probes if lap.began >= ffmpeg.ended),
    }


def _picture_steps(children: Sequence[Lap]) -> dict[str, float]:
    (child,) = children
    times = [at for at, _ in child.lines]
    first = times[0]
    verifying = next(at for at, line in child.lines if '"verifying"' in line)
    return {
        "start the child, open": first - child.began,
        "encode": verifying - first,
        "verify, end the child": child.ended - verifying,
    }


def summary(pairs: dict[str, list[Pair]], sizes: dict[str, int], command: str) -> Result:
    """The figures for both files."""
    figures, tables = [], []
    for kind, measured in pairs.items():
        name = f"{kind} of {sizes[kind] / media.MEGABYTE:.1f} MB"
        figures += compared(name, measured)
        tables.append(split(name, measured))
    return Result(
        name="overhead",
        title="What the pipeline adds to the encoder, at idle",
        command=command,
        figures=figures,
        tables=tables,
        notes=list(NOTES),
        samples={kind: [vars_of(each) for each in measured] for kind, measured in pairs.items()},
    )


def compared(name: str, pairs: Sequence[Pair]) -> list[Figure]:
    """Our own work against the goal, in both ways."""
    allowed = statistics.median(each.allowed for each in pairs)
    goal = f"<= 150 ms + 3% = {1000 * allowed:.0f} ms"
    ways = {
        "by stopwatch": [each.own_timed for each in pairs],
        "by difference to the bare run": [each.own for each in pairs],
    }
    figures = [
        Figure(
            f"{name}: our own work, {way}",
            milliseconds(seconds),
            goal,
            statistics.median(seconds) <= allowed,
        )
        for way, seconds in ways.items()
    ]
    ratio = statistics.median(each.own_timed / each.bare for each in pairs)
    return [*figures, Figure(f"{name}: own work over bare encoder", f"{100 * ratio:.0f}%")]


def split(name: str, pairs: Sequence[Pair]) -> Table:
    """Medians of every part."""
    parts = {
        "trigger wait": [each.trigger_wait for each in pairs],
        "queue wait": [each.queue_wait for each in pairs],
        "processing, claim to completed": [each.processing for each in pairs],
        "encoder in the job": [each.encoder for each in pairs],
        "bare encoder": [each.bare for each in pairs],
    }
    parts |= {f"own: {step}": [each.steps[step] for each in pairs] for step in pairs[0].steps}
    rows = [[part, milliseconds(values)] for part, values in parts.items()]
    return Table(
        f"Where the time of the {name} goes, medians of {len(pairs)}", ["part", "time"], rows
    )


def vars_of(pair: Pair) -> dict[str, object]:
    """The pair's numbers, for the record; times in seconds."""
    names = ("trigger_wait", "queue_wait", "processing", "encoder", "bare")
    return {name: round(getattr(pair, name), 5) for name in names} | {
        "steps": {step: round(seconds, 5) for step, seconds in pair.steps.items()}
    }


if __name__ == "__main__":
    main()
