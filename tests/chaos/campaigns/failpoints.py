"""SIGKILL to the worker by itself, exactly at each named moment, while jobs keep coming."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from azure.storage.queue import QueueClient

from benchmarks.support.result import Table, percentile
from integrations.job_queue import HIGH_QUEUE
from lifecycle.failpoints import Point
from tests.chaos.campaigns.findings import Findings
from tests.chaos.campaigns.judge import judge
from tests.chaos.campaigns.load import Load
from tests.chaos.campaigns.order import Order
from tests.chaos.campaigns.rig import Rig, Setup, running

# Where the worker looks for the name of the moment at which it is to die.
FOLDER = "CHAOS_FAILPOINTS"
PREFACE = f"""
import datetime, os, pathlib, signal, time
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
    if point.name == "DOWNLOADED" and _is_taken("stop"):
        os.kill(os.getpid(), signal.SIGTERM)
        while not services.stopping.is_requested:  # of function_app, which is loaded after this
            time.sleep(0.01)


failpoints.reached = _reached
"""
# Between two judgements; each kills once at every moment.
ROUNDS_IN_A_ROW = 2
# A host that loses worker after worker starts the next ones later and later.
MOST_WORKERS_OF_A_HOST = 4
REACH_LIMIT_S = 180.0
# Reached by a job that is claimed, and then forgotten by everybody but its alarm.
FORGOTTEN = (Point.WOKEN_ROW, Point.WOKEN_MESSAGE)
# Results expire a minute after their end at the soonest: tests/lifecycle/test_failpoints.py moves
# the clock instead.
IN_AN_EXPIRY = (Point.RESULT_EXPIRED, Point.IN_HISTORY, Point.ROW_EXPIRED)
ON_THE_WAY = tuple(point for point in Point if point not in FORGOTTEN + IN_AN_EXPIRY)
POINTS = ON_THE_WAY + FORGOTTEN
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
    load: Load
    sprung: int = 0

    def kill_at(self, point: Point) -> float:
        """Seconds until the worker died there; returns when another one is at work."""
        began_s = time.monotonic()
        if point in FORGOTTEN:
            self.load.send()
            self._spring(Point.CLAIMED)
            self._lose_messages()
        elif point in BEFORE:
            self._spring(BEFORE[point])
        if point in AFTER_A_FAILURE:
            (self.folder / "fail").touch()
        if point is Point.RELEASED:
            (self.folder / "stop").touch()
        self._spring(point)
        self._wait_for_another_worker()
        return time.monotonic() - began_s

    def _spring(self, point: Point) -> None:
        """Returns as soon as the worker has died at that moment."""
        trap, taken = self.folder / f"die-{point.name}", self.folder / f"die-{point.name}-taken"
        trap.touch()
        deadline = time.monotonic() + REACH_LIMIT_S
        while not taken.exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{point} never came\n{self.rig.host.tail()}")
            time.sleep(0.02)
        taken.unlink()
        self.sprung += 1

    def _lose_messages(self) -> None:
        with QueueClient.from_connection_string(self.rig.host.storage, HIGH_QUEUE) as queue:
            queue.clear_messages()

    def _wait_for_another_worker(self) -> None:
        if self.sprung % MOST_WORKERS_OF_A_HOST == 0:
            self.rig.host.kill()
            self.rig.host.start()
        self.rig.worker()


def run(order: Order) -> Findings:
    """As many kills at each moment as ordered."""
    times_s: dict[Point, list[float]] = {point: [] for point in POINTS}
    with _trapped(order) as trap:
        rig = trap.rig
        for numbers in order.rounds(ROUNDS_IN_A_ROW):
            for _ in numbers:
                with trap.load.flowing():
                    for point in ON_THE_WAY:
                        _tell(order, trap, point)
                        times_s[point].append(trap.kill_at(point))
                for point in FORGOTTEN:
                    _tell(order, trap, point)
                    times_s[point].append(trap.kill_at(point))
            judge(rig)
    findings = Findings(violations=rig.record.violations)
    rounds, kills = min(map(len, times_s.values())), sum(map(len, times_s.values()))
    findings.figure("kills", f"{kills}, {rounds} at each of {len(POINTS)} moments")
    findings.figure("jobs meanwhile", str(trap.load.uploads))
    findings.add_promises()
    findings.tables.append(_table(times_s))
    return findings


def _tell(order: Order, trap: Trap, point: Point) -> None:
    wrong = len(trap.rig.record.violations)
    order.tell(f"{trap.sprung} of {order.count * len(POINTS)} kills, {wrong} violations; {point}")


@contextmanager
def _trapped(order: Order) -> Iterator[Trap]:
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(settings={FOLDER: folder}, preface=PREFACE)
        with running(order, setup) as rig:
            yield Trap(rig, Path(folder), Load(rig, open_jobs=4, clip_every=12))


def _table(times_s: dict[Point, list[float]]) -> Table:
    rows = [
        [point, str(len(each)), f"{percentile(each, 50):.1f}"] for point, each in times_s.items()
    ]
    return Table("Each moment", ["moment", "kills", "seconds to the next worker (p50)"], rows)
