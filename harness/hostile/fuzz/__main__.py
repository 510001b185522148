"""Damages small honest files in a thousand ways and has each compressed: `fuzz --minutes 2`.

Exit status 1 when anything was answered as it must not be.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.hostile.fuzz import campaign
from harness.hostile.fuzz.cases import Case, case, kept, read, seeds, stored, written
from harness.hostile.fuzz.checking import SUSPICIOUS, Room
from harness.hostile.fuzz.report import Report
from harness.result import Conditions

KEPT_OF_EACH = 5  # suspicious files of one format and code; more would only repeat them


def main() -> None:
    given = _parser().parse_args()
    if given.replay:
        sys.exit(_replay(given.replay))
    conditions = Conditions.now()
    report = Report()
    runs = _Runs(given, report)
    for family, count, share in _shares(given):
        runs.work_through(family, count, share)
    words = [f"--{name} {getattr(given, name)}" for name in ("images", "videos", "minutes")]
    asked = " ".join(word for word in words if not word.endswith(" None"))
    command = f"./scripts/fuzz {asked} --seed {given.seed} --jobs {given.jobs}"
    report.write(command, conditions, to_files=given.keep)
    print(f"\nfiles that deserve a look: {runs.folder} ({runs.kept})")
    sys.exit(1 if report.violations else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, help="for how long, images and videos together")
    parser.add_argument("--images", type=int, help="how many, instead of how long")
    parser.add_argument("--videos", type=int)
    parser.add_argument("--seed", type=int, default=1, help="another one makes other files (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side (2)")
    parser.add_argument("--kinds", nargs="*", default=[], help="only these formats")
    parser.add_argument("--findings", type=Path, help="where to keep files worth a look")
    parser.add_argument("--keep", action="store_true", help="write results/fuzz.json")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="one kept file again")
    return parser


def _shares(given: argparse.Namespace) -> list[tuple[str, int | None, float | None]]:
    """Each family with its count, or with its share of the time in seconds."""
    if given.images is not None or given.videos is not None:
        counts = (("images", given.images or 0), ("videos", given.videos or 0))
        return [(family, count, None) for family, count in counts if count]
    seconds = 60 * (given.minutes or 1.0)
    return [("images", None, 0.4 * seconds), ("videos", None, 0.6 * seconds)]


class _Runs:
    """The campaigns of one call."""

    def __init__(self, given: argparse.Namespace, report: Report) -> None:
        self._given = given
        self._report = report
        self.folder = given.findings or Path(tempfile.gettempdir()) / f"fuzz-findings-{given.seed}"
        self.kept = 0
        self._kept_of: dict[tuple[str, str], int] = {}
        self._shown_at = 0.0

    def work_through(self, family: str, count: int | None, share_s: float | None) -> None:
        given = self._given
        until = None if share_s is None else time.monotonic() + share_s
        with tempfile.TemporaryDirectory() as making, tempfile.TemporaryDirectory() as folder:
            written(seeds(family, Path(making), given.kinds), Path(folder))
            honest = read(Path(folder))
            if not honest:
                return
            order = campaign.Order(family, given.seed, count, given.jobs, Path(folder), until)

            def told(index: int, finding: dict[str, Any]) -> None:
                found = case(family, given.seed, index, honest)
                self._report.add(family, found.format_name, finding)
                self._keep(found, finding)
                self._show(family, count)

            self._report.kernel_peak_bytes[family] = campaign.run(order, told)

    def _keep(self, found: Case, finding: dict[str, Any]) -> None:
        wrong, outcome = finding["violations"], finding["outcome"]
        if not wrong and outcome not in SUSPICIOUS:
            return
        place = (found.format_name, outcome if not wrong else wrong[0][:40])
        self._kept_of[place] = self._kept_of.get(place, 0) + 1
        if self._kept_of[place] <= KEPT_OF_EACH:
            fault = f"{outcome} {wrong}\n{finding['detail']}"
            path = stored(found, fault, self.folder)
            self.kept += 1
            if wrong:
                print(f"\nVIOLATION {path}: {wrong}", flush=True)

    def _show(self, family: str, count: int | None) -> None:
        if time.monotonic() - self._shown_at < 2:
            return
        self._shown_at = time.monotonic()
        of = "" if count is None else f" of {count:,}"
        end = "\r" if sys.stdout.isatty() else "\n"
        runs, wrong = self._report.runs(family), self._report.violations
        print(f"{family}: {runs:,}{of}, {wrong} violations, {self.kept} kept", end=end, flush=True)


def _replay(path: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        finding = Room(Path(folder)).check(kept(path))
    print(finding)
    return 1 if finding.violations else 0


if __name__ == "__main__":
    main()
