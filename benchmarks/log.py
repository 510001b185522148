"""Counts the bytes that a job, and the polls for it, leave in the log."""

import argparse
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.support import media
from harness.result import Conditions, Figure, Result, Table, keep
from harness.rig.running import Setup, running
from harness.rig.service import Service

POLLS = 15  # of a client, for one job
# Timers write with or without a job.
NO_TIMERS = {"SWEEP_SCHEDULE": "0 0 0 1 1 *", "RESCUE_SCHEDULE": "0 0 0 1 1 *"}
# What a poll left before host.json kept it out.
TOLD = {"AzureFunctionsJobHost__logging__logLevel__Function.status": "Information"}


class Amount(NamedTuple):
    """What was written meanwhile."""

    ours: list[str]
    hosts: list[str]

    def row(self, what: str) -> list[str]:
        """For the table."""
        cells = [f(each) for each in (self.ours, self.hosts) for f in (len, size)]
        return [what, *map(str, cells)]


def main() -> None:
    """Counts and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench log", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="write results/log.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    amounts = counted(NO_TIMERS)
    told = counted(NO_TIMERS | TOLD)[f"{POLLS} polls"]
    keep(summary(amounts, told), conditions, to_files=given.keep)


def counted(settings: dict[str, str]) -> dict[str, Amount]:
    """What a job leaves, and what its polls do."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), Setup(settings)) as app:
        source = media.photo(Path(folder) / "photo.jpg")
        app.upload("warm-up.jpg", source)
        app.completed_job("warm-up.jpg")
        time.sleep(2)  # until the host has told the end of it
        before = len(app.host.said())
        app.upload("photo.jpg", source)
        app.completed_job("photo.jpg")
        time.sleep(2)
        job = written(app, before)
        before = len(app.host.said())
        for _ in range(POLLS):
            app.ask_status("photo.jpg")
        return {"one photo": job, f"{POLLS} polls": written(app, before)}


def written(app: Service, before: int) -> Amount:
    """The lines since then; those of the app have a level."""
    lines = app.host.said()[before:].splitlines()
    ours = [line for line in lines if any(f" {level} " in line for level in ("INFO", "WARNING"))]
    return Amount(ours, [line for line in lines if line and line not in ours])


def size(lines: list[str]) -> int:
    """Bytes, ends of lines included."""
    return sum(len(line.encode()) + 1 for line in lines)


def summary(amounts: dict[str, Amount], told: Amount) -> Result:
    """The figures."""
    job, polls = amounts.values()
    totals = {name: size(each.ours) + size(each.hosts) for name, each in amounts.items()}
    return Result(
        name="log",
        title="Bytes of log of one job",
        command="./scripts/bench log",
        figures=[
            Figure("one photo: our lines", f"{len(job.ours)}"),
            Figure("one photo: bytes, those of the host included", f"{totals['one photo']:,}"),
            Figure(
                f"{POLLS} polls of its status: lines",
                f"{len(polls.ours) + len(polls.hosts)}",
                goal=f"<= {POLLS}",
                is_met=len(polls.ours) + len(polls.hosts) <= POLLS,
            ),
            Figure(f"{POLLS} polls of its status: bytes", f"{totals[f'{POLLS} polls']:,}"),
            Figure(
                f"{POLLS} polls, were they told: bytes", f"{size(told.ours) + size(told.hosts):,}"
            ),
        ],
        tables=[
            Table(
                "Lines and bytes",
                ["what", "our lines", "our bytes", "the host's lines", "the host's bytes"],
                [
                    *(each.row(what) for what, each in amounts.items()),
                    told.row(f"{POLLS} polls, were they told"),
                ],
            )
        ],
        notes=[
            "As devhost writes them: the real host adds its own fields to each line.",
            "The timers stood still. Application Insights has the requests beside, sampled.",
        ],
        samples={"lines": [*job.ours, *job.hosts]},
    )


if __name__ == "__main__":
    main()
