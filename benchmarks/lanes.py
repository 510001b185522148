"""Measures how long a photo waits behind twenty clips: one queue for all, or two lanes."""

import argparse
from dataclasses import dataclass
from datetime import datetime

from benchmarks.support import media
from benchmarks.support.at_rest import app_at_rest, processing_s
from harness.result import Conditions, Figure, Result, Table, keep
from jobs.job import Job, Status

CLIPS = 20
CLIP_BYTES = 5 * media.MEGABYTE  # as phones make them: no bytes alone would tell it from a photo
# Everything counts as large: the app as if it had one lane.
ONE_LANE = "from jobs import message\nmessage.HIGH_PRIORITY_BELOW_BYTES = 0\n"


@dataclass(frozen=True, slots=True)
class Wait:
    """One photo, uploaded when all clips were queued."""

    lanes: int
    clips_before: int  # of which nobody had begun when the photo was uploaded
    wait_s: float  # from its row to its claim
    processing_s: float  # from its claim to its result, with clips at work beside it
    clips_done_s: float  # from the first clip's row to the last one's result


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench lanes", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="write results/lanes.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    waits = [waited(1, ONE_LANE), waited(2, "")]
    keep(result(waits), conditions, to_files=given.keep)


def waited(lanes: int, preface: str) -> Wait:
    """Twenty clips first, then the photo."""
    names = [f"clip-{number}.mp4" for number in range(CLIPS)]
    with app_at_rest(preface=preface) as app:
        clip = media.clip(app.host.folder / "clip.mp4", CLIP_BYTES)
        photo = media.photo(app.host.folder / "photo.jpg")
        app.upload("warm-up.jpg", photo)
        app.completed_job("warm-up.jpg")
        for name in names:
            app.upload(name, clip)
            app.status(name)  # noticed at once: the blob trigger's wait is not measured
        app.upload("photo.jpg", photo)
        app.status("photo.jpg")
        waiting = sum(1 for _ in app.jobs.with_status(Status.QUEUED)) - 1
        job = app.completed_job("photo.jpg")
        clips = [app.completed_job(name) for name in names]
    return Wait(
        lanes=lanes,
        clips_before=waiting,
        wait_s=(moment(job.processing_started_at) - job.created_at).total_seconds(),
        processing_s=processing_s(job),
        clips_done_s=span_s(clips),
    )


def moment(at: datetime | None) -> datetime:
    """A time that a completed job has."""
    if at is None:
        raise RuntimeError("a completed job has no such time")
    return at


def span_s(jobs: list[Job]) -> float:
    """From the first row to the last result."""
    first = min(job.created_at for job in jobs)
    return (max(moment(job.completed_at) for job in jobs) - first).total_seconds()


def result(waits: list[Wait]) -> Result:
    """The figures with their details."""
    one, two = waits
    return Result(
        name="lanes",
        title="A photo behind twenty clips",
        command="./scripts/bench lanes",
        figures=[
            Figure("wait of the photo, one queue for all", f"{one.wait_s:.1f} s"),
            Figure("wait of the photo, two lanes", f"{two.wait_s:.1f} s"),
            Figure("two lanes over one queue", f"{two.wait_s / one.wait_s:.3f}"),
        ],
        tables=[
            Table(
                "Both runs",
                ["lanes", "clips queued before it", "wait", "its processing", "all clips done"],
                [
                    [
                        str(each.lanes),
                        str(each.clips_before),
                        f"{each.wait_s:.1f} s",
                        f"{each.processing_s:.1f} s",
                        f"{each.clips_done_s:.0f} s",
                    ]
                    for each in waits
                ],
            )
        ],
        notes=[
            f"{CLIPS} clips of {CLIP_BYTES // media.MEGABYTE} MB, then a photo of 1 MB.",
            "The wait is from the photo's row to its claim; queues are polled every 2 s at most.",
            "One queue is the same app told that no upload has high priority.",
        ],
        samples={
            "waits": [{name: getattr(each, name) for name in Wait.__slots__} for each in waits]
        },
    )


if __name__ == "__main__":
    main()
