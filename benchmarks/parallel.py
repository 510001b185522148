"""Measures ten files at once: how long together, how many in work at a time, each told apart."""

import argparse
import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.support import media
from benchmarks.support.at_rest import app_at_rest, processing_s
from harness.result import Conditions, Figure, Result, Table, keep
from harness.rig.service import Service
from jobs.job import Job, Status

SAMPLE_S = 0.1
LIMIT_S = 600.0
PHOTOS, CLIPS = 7, 3
NOTES = (
    f"{PHOTOS} photos of 1 MB and {CLIPS} clips of 4 MB; batchSize 2, newBatchThreshold 1.",
    "A poll makes the app notice an upload: the blob trigger's wait is not in the time.",
    (
        "One after the other waits for both triggers each time; the sum of the processing "
        "times does not. A clip's encoder uses both cores when alone, a photo's only one."
    ),
)


@dataclass(slots=True)
class Run:
    """One batch of files."""

    jobs: list[Job]
    seconds: float  # from the first upload to the last completion
    in_flight: list[int] = field(default_factory=list)  # rows in `processing`, sampled
    seen: dict[str, list[str]] = field(default_factory=dict)  # statuses seen, by blob


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench parallel", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="write results/parallel.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with app_at_rest({"HEARTBEAT_SECONDS": "1"}) as app:
        files = make_files(app.host.folder)
        app.upload("warm-up.jpg", files[0])
        app.completed_job("warm-up.jpg")
        one_by_one = sequentially(app, files)
        at_once = together(app, files)
    keep(summary(at_once, one_by_one), conditions, to_files=given.keep)


def make_files(folder: Path) -> list[Path]:
    """Seven photos of 1 MB and three clips of 4 MB, alike in content, with names of their own."""
    photo = media.photo(folder / "a photo.jpg")
    clip = media.clip(folder / "a clip.mp4", 4 * media.MEGABYTE)
    copies = [(photo, f"photo-{n}.jpg") for n in range(PHOTOS)]
    copies += [(clip, f"clip-{n}.mp4") for n in range(CLIPS)]
    return [Path(shutil.copyfile(source, folder / name)) for source, name in copies]


def sequentially(app: Service, files: list[Path]) -> Run:
    """Each file is uploaded when the one before is completed."""
    began = time.monotonic()
    jobs = []
    for file in files:
        app.upload(f"alone/{file.name}", file)
        jobs.append(app.completed_job(f"alone/{file.name}"))
    return Run(jobs, time.monotonic() - began)


def together(app: Service, files: list[Path]) -> Run:
    """All files are uploaded at once and polled by the API, each as if it were the only one."""
    names = [f"together/{file.name}" for file in files]
    run = Run([], 0.0, seen={name: [] for name in names})
    began = time.monotonic()
    with ThreadPoolExecutor(len(files)) as pool:
        list(pool.map(app.upload, names, files))
    waiting = set(names)
    while waiting and time.monotonic() - began < LIMIT_S:
        processing = sum(1 for _ in app.jobs.with_status(Status.PROCESSING))
        run.in_flight.append(processing)
        for name in sorted(waiting):
            status = app.status(name)
            if status is None or status["blob_name"] != name:
                raise RuntimeError(f"asked for {name}, told of {status}")
            if status["status"] not in run.seen[name]:
                run.seen[name].append(status["status"])
            if status["status"] == "failed":
                raise RuntimeError(f"{name}: {status['error_code']}")
        waiting = {name for name in waiting if "completed" not in run.seen[name]}
        time.sleep(SAMPLE_S)
    run.seconds = time.monotonic() - began
    run.jobs = [app.completed_job(name) for name in names]
    return run


def summary(at_once: Run, one_by_one: Run) -> Result:
    """The figures and the samples behind them."""
    busy = Counter(each for each in at_once.in_flight if each)
    return Result(
        name="parallel",
        title="Ten files at once",
        command="./scripts/bench parallel",
        figures=compared(at_once, one_by_one),
        tables=[
            Table(
                "Rows in `processing`, sampled while the ten were handled",
                ["in work", "samples"],
                [[str(number), str(busy[number])] for number in sorted(busy)],
            )
        ],
        notes=list(NOTES),
        samples={
            "in_flight": at_once.in_flight,
            "statuses_seen": at_once.seen,
            "processing_s_together": [processing_s(job) for job in at_once.jobs],
            "processing_s_alone": [processing_s(job) for job in one_by_one.jobs],
        },
    )


def compared(at_once: Run, one_by_one: Run) -> list[Figure]:
    """The figures."""
    completed = sum(job.status is Status.COMPLETED for job in at_once.jobs)
    outputs = {job.result_name for job in at_once.jobs}
    most = max(at_once.in_flight)
    alone_s = sum(processing_s(job) for job in one_by_one.jobs)
    count = len(at_once.jobs)
    return [
        Figure("completed", f"{completed} of {count}", "all", completed == count),
        Figure(
            "tracked alone: names answered, results",
            f"{len(at_once.seen)}, {len(outputs)}",
            f"{count}, {count}",
            len(at_once.seen) == len(outputs) == count,
        ),
        Figure("most in work at a time", str(most), "2 to 6", 2 <= most <= 6),
        Figure("wall time, all at once", f"{at_once.seconds:.1f} s"),
        Figure("wall time, one after the other", f"{one_by_one.seconds:.1f} s"),
        Figure("at once over one after the other", _ratio(at_once, one_by_one.seconds)),
        Figure("sum of the processing times, each alone", f"{alone_s:.1f} s"),
        Figure("at once over that sum", _ratio(at_once, alone_s)),
    ]


def _ratio(run: Run, seconds: float) -> str:
    return f"{run.seconds / seconds:.2f}"


if __name__ == "__main__":
    main()
