"""SIGKILL to the worker by itself, exactly at each named moment, while jobs keep coming."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.result import Table, percentile
from lifecycle.failpoints import Point
from tests.chaos.campaigns.findings import Findings
from tests.chaos.campaigns.judge import judge
from tests.chaos.campaigns.load import Load
from tests.chaos.campaigns.order import Order
from tests.chaos.campaigns.rig import Rig, Setup, running

# Where the worker looks for the name of the moment at which it is to die.
FOLDER = "CHAOS_FAILPOINTS"
PREFACE = f"""
import datetime, os, pathlib, signal
import jobs.retry
from errors import EncodingError
from lifecycle import failpoints

_folder = pathlib.Path(os.environ[{FOLDER!r}])
jobs.retry.BACKOFF_BASE = datetime.timedelta(seconds=0.5)


def _is_taken(what):
    try:
        (_folder / what).rename(_folder / f"{{what}}-taken")
    except FileNotFoundError:
        return False
    return True


def _reached(point):
    if _is_taken(f"die-{{point.name}}"):
        os.kill(os.getpid(), signal.SIGKILL)
    if point.name == "DOWNLOADED" and _is_taken("fail"):
        raise EncodingError


failpoints.reached = _reached
"""
# Between two judgements.
KILLS_IN_A_ROW = 25
# A host that loses worker after worker starts the next ones later and later.
MOST_WORKERS_OF_A_HOST = 4
REACH_LIMIT_S = 60.0
# What must have gone wrong before for a moment to come.
BEFORE = {
    Point.ADOPTED: Point.STORED,
    Point.COME_BACK_ROW: Point.CLAIMED,
    Point.COME_BACK_MESSAGE: Point.CLAIMED,
}
AFTER_A_FAILURE = (Point.RETRY_ROW, Point.RETRY_MESSAGE)


@dataclass(slots=True)
class Trap:
    """Has the worker of a rig die at chosen moments."""

    rig: Rig
    folder: Path
    sprung: int = 0

    def kill_at(self, point: Point) -> float:
        """Seconds until the worker died there; returns when another one is at work."""
        began_s = time.monotonic()
        if point in BEFORE:
            self._spring(f"die-{BEFORE[point].name}")
        if point in AFTER_A_FAILURE:
            (self.folder / "fail").touch()
        self._spring(f"die-{point.name}")
        return time.monotonic() - began_s

    def _spring(self, what: str) -> None:
        worker = self.rig.worker()
        (self.folder / what).touch()
        deadline = time.monotonic() + REACH_LIMIT_S
        while not (self.folder / f"{what}-taken").exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} never came\n{self.rig.host.tail()}")
            time.sleep(0.02)
        (self.folder / f"{what}-taken").unlink()
        self.sprung += 1
        if self.sprung % MOST_WORKERS_OF_A_HOST == 0:
            self.rig.host.kill()
            self.rig.host.start()
        self.rig.worker(other_than=worker)


def run(order: Order) -> Findings:
    """As many kills at each moment as ordered."""
    times_s: dict[Point, list[float]] = {point: [] for point in Point}
    with _trapped(order) as trap:
        rig, load = trap.rig, Load(trap.rig, open_jobs=4, clip_every=12)
        moments = [point for point in Point for _ in range(order.count)]
        for first in range(0, len(moments), KILLS_IN_A_ROW):
            with load.flowing():
                for number in range(first, min(first + KILLS_IN_A_ROW, len(moments))):
                    point, wrong = moments[number], len(rig.record.violations)
                    order.tell(f"{number} of {len(moments)}, {wrong} violations; {point}")
                    times_s[point].append(trap.kill_at(point))
            judge(rig)
    findings = Findings(violations=rig.record.violations)
    kills = sum(map(len, times_s.values()))
    findings.figure("kills", f"{kills}, {order.count} at each of {len(Point)} moments")
    findings.figure("jobs meanwhile", str(load.uploads))
    findings.add_promises()
    findings.tables.append(_table(times_s))
    return findings


@contextmanager
def _trapped(order: Order) -> Iterator[Trap]:
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(settings={FOLDER: folder}, preface=PREFACE)
        with running(order, setup) as rig:
            yield Trap(rig, Path(folder))


def _table(times_s: dict[Point, list[float]]) -> Table:
    rows = [
        [point, str(len(each)), f"{percentile(each, 50):.1f}"] for point, each in times_s.items()
    ]
    return Table("Each moment", ["moment", "kills", "seconds to the next worker (p50)"], rows)
