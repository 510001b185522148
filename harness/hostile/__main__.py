"""Makes every bomb, has it compressed, and prints how each was answered: `bombs [NAME...]`.

Exit status 1 when one was answered wrong, late, with too much memory, or reached for anything.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from harness.hostile import judging
from harness.hostile.catalogue import BOMBS, Bomb
from harness.hostile.tracing import trace_faults, traced
from harness.hostile.trial import Trial
from harness.result import Conditions, Figure, Result, Table, keep

Row = tuple[Bomb, Trial, list[str], int]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bombs", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--untraced", action="store_true", help="without the run under strace")
    parser.add_argument("--keep", action="store_true", help="write results/bombs.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    is_traced = not given.untraced and shutil.which("strace") is not None
    with tempfile.TemporaryDirectory() as folder, judging.stage(Path(folder)) as on:
        wanted = [bomb for bomb in BOMBS.values() if bomb.name in (given.names or BOMBS)]
        rows = [_tried(bomb, on, is_traced=is_traced) for bomb in wanted]
    keep(_result(rows, is_traced=is_traced), conditions, to_files=given.keep)
    sys.exit(1 if any(wrong for _, _, wrong, _ in rows) else 0)


def _tried(bomb: Bomb, on: judging.Stage, *, is_traced: bool) -> Row:
    trial, wrong, size = judging.verdict(bomb, on)
    job = on.canary.parents[1] / bomb.name
    if is_traced:
        source, log = job / bomb.source_name, job / "calls"
        shutil.rmtree(job / "work")
        wrong += trace_faults(traced(bomb, source, on, log), source)[:3]
    shutil.rmtree(job)
    print(
        f"{bomb.name:45} {trial.outcome:13} {trial.wall_s:5.2f} s {trial.child_peak_mib:4.0f} MiB",
        "; ".join(wrong),
        flush=True,
    )
    return bomb, trial, wrong, size


def _result(rows: list[Row], *, is_traced: bool) -> Result:
    wrong = sum(bool(each) for _, _, each, _ in rows)
    slowest = max(trial.wall_s for _, trial, _, _ in rows)
    largest = max(trial.child_peak_mib for _, trial, _, _ in rows)
    reached = sum("connect" in word or "open" in word for _, _, each, _ in rows for word in each)
    return Result(
        name="bombs",
        title="Files built to harm",
        command="./scripts/bombs" + ("" if is_traced else " --untraced"),
        figures=[
            Figure("bombs and tricks", str(len(rows)), ">= 30", len(rows) >= 30),
            Figure("answered wrong in any way", str(wrong), "0", wrong == 0),
            Figure("slowest answer", f"{slowest:.1f} s", "<= 5 s", slowest <= judging.MAX_WALL_S),
            Figure(
                "highest residence of a child",
                f"{largest:.0f} MiB",
                "<= 300 MiB",
                largest <= judging.MAX_CHILD_MIB,
            ),
            Figure("connections, and foreign files opened", str(reached), "0", reached == 0),
        ],
        tables=[
            Table(
                "Each bomb",
                ["name", "bytes", "answer", "time", "CPU", "child", "wrong"],
                [_cells(*row) for row in rows],
            )
        ],
        notes=[
            "Residence is the kernel's high-water mark of the largest process below the caller.",
            (
                "A canary file of another job is watched by inotify, and a port on loopback by a "
                "listener, in every run"
                + (", and each bomb ran once more under strace." if is_traced else ".")
            ),
        ],
    )


def _cells(bomb: Bomb, trial: Trial, wrong: list[str], size: int) -> list[str]:
    return [
        *(bomb.name, f"{size:,}", trial.outcome, f"{trial.wall_s:.2f} s", f"{trial.cpu_s:.2f} s"),
        *(f"{trial.child_peak_mib:.0f} MiB", "; ".join(wrong)),
    ]


if __name__ == "__main__":
    main()
