"""SIGKILL to the worker by itself, exactly at each named moment, while jobs keep coming."""

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.listener import Listener
from harness.chaos.campaigns.load import Load
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.rig import Rig, running
from harness.result import Table, percentile
from harness.rig.receiver import receiving
from harness.rig.running import Setup
from integrations.job_queue import HIGH_QUEUE
from jobs.message import JobMessage, Priority
from lifecycle.failpoints import Point

# Where the worker looks for the name of the moment at which it is to die.
FOLDER = "CHAOS_FAILPOINTS"
HELD_S = 30.0
PREFACE = f"""
import datetime, os, pathlib, signal, time
import jobs.retry
from errors import EncodingError
from lifecycle import failpoints

_folder = pathlib.Path(os.environ[{FOLDER!r}])
# After ten deaths a failure waits for a thousand times as long: still less than the judge does.
jobs.retry.BACKOFF_BASE = datetime.timedelta(seconds=0.05)


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
    if point.name == "DOWNLOADED" and _is_taken("hold"):
        time.sleep({HELD_S})  # heartbeats go on meanwhile; the process dies before it is over
    if point.name == "DOWNLOADED" and _is_taken("stop"):
        os.kill(os.getpid(), signal.SIGTERM)
        while not services.shutdown.is_requested:  # of function_app, which is loaded after this
            time.sleep(0.01)


failpoints.reached = _reached
"""
# Between two judgements; each kills once at every moment.
ROUNDS_IN_A_ROW = 2
# A host that loses worker after worker starts the next ones later and later.
MOST_WORKERS_OF_A_HOST = 4
REACH_LIMIT_S = 180.0
# When a job that was to be forgotten is taken for remembered after all.
FORGOTTEN_AGAIN_S = 30.0
# Reached by a job that is claimed, and then forgotten by everybody but its alarm.
FORGOTTEN = (Point.WOKEN_ROW, Point.WOKEN_MESSAGE)
# Results expire a minute after their end at the soonest: tests/lifecycle/test_failpoints.py moves
# the clock instead, and test_awaited_results.py for one that is kept for longer.
IN_AN_EXPIRY = (Point.RESULT_EXPIRED, Point.IN_HISTORY, Point.ROW_EXPIRED, Point.HELD)
IN_A_FORM = (Point.FORM_RECORDED, Point.FORM_STORED)  # no form is sent here
BY_HAND = (Point.CANCELLED, Point.RESTARTED, Point.DISCARDED)  # nobody asks for that here
ELSEWHERE = IN_AN_EXPIRY + IN_A_FORM + BY_HAND
ON_THE_WAY = tuple(point for point in Point if point not in FORGOTTEN + ELSEWHERE)
POINTS = ON_THE_WAY + FORGOTTEN
# What must have gone wrong before for a moment to come.
BEFORE = {Point.ADOPTED: Point.STORED}
WHILE_LEASED = (Point.POSTPONED_ROW, Point.POSTPONED_MESSAGE)
AFTER_A_FAILURE = (Point.RETRY_ROW, Point.RETRY_MESSAGE)


@dataclass(slots=True)
class Trap:
    """Has the worker of a rig die at chosen moments."""

    rig: Rig
    folder: Path
    load: Load
    listener: Listener
    sprung: int = 0

    def kill_at(self, point: Point) -> float:
        """Seconds until the worker died there; returns when another one is at work."""
        self.rig.spare_the_unlucky()
        began_s = time.monotonic()
        if point in BEFORE:
            self._spring(BEFORE[point])
        if point in AFTER_A_FAILURE:
            (self.folder / "fail").touch()
        if point is Point.RELEASED:
            (self.folder / "stop").touch()
        if point in WHILE_LEASED:
            (self.folder / "hold").touch()
            self._spring(point, self._send_again, every_s=1.0)
            (self.folder / "hold").unlink(missing_ok=True)
        elif point in FORGOTTEN:
            self._spring(point, self._forget_one, every_s=FORGOTTEN_AGAIN_S)
        else:
            self._spring(point)
        self._wait_for_another_worker()
        return time.monotonic() - began_s

    def _spring(
        self, point: Point, bring: Callable[[], None] = lambda: None, every_s: float = math.inf
    ) -> None:
        """Returns as soon as the worker has died at that moment; `bring` makes it come."""
        trap, taken = self.folder / f"die-{point.name}", self.folder / f"die-{point.name}-taken"
        trap.touch()
        deadline = time.monotonic() + REACH_LIMIT_S
        brought_s = -math.inf
        while not taken.exists():
            if time.monotonic() - brought_s > every_s or brought_s < 0:
                bring()
                brought_s = time.monotonic()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{point} never came\n{self.rig.host.tail()}")
            time.sleep(0.02)
        taken.unlink()
        self.sprung += 1

    def _send_again(self) -> None:
        """Another message for each job that is claimed; one of them stays so for a while."""
        rows = self.rig.watcher.rows.values()
        at_work = [row for row in rows if row["status"] == "processing"]
        if not at_work:
            (self.folder / "hold").touch()
        for row in at_work:
            size, attempts = int(row["file_size"].value), int(row["attempts"].value)
            now = datetime.now(UTC)
            message = JobMessage(
                row["blob_name"], row["upload_etag"], size, Priority.HIGH, attempts, now
            )
            with self._queue() as queue:
                queue.send_message(message.encode())

    def _forget_one(self) -> None:
        """A job that is claimed and killed, and whose message is lost before it comes back."""
        self.load.send()
        self._spring(Point.CLAIMED)
        with self._queue() as queue:
            queue.clear_messages()

    def _queue(self) -> QueueClient:
        return QueueClient.from_connection_string(
            self.rig.host.storage, HIGH_QUEUE, message_encode_policy=TextBase64EncodePolicy()
        )

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
            trap.listener.judge(rig)
            judge(rig)
    findings = Findings(violations=rig.record.violations)
    rounds, kills = min(map(len, times_s.values())), sum(map(len, times_s.values()))
    findings.figure("kills", f"{kills}, {rounds} at each of {len(POINTS)} moments")
    findings.figure("jobs meanwhile", str(trap.load.uploads))
    findings.figure("ends of jobs that arrived at the webhook", str(trap.listener.judged))
    findings.figure(
        "requests that repeated one",
        str(trap.listener.repeated),
        f"at most {kills}",
        trap.listener.repeated <= kills,
    )
    findings.add_promises({"I9": "ends of jobs that were not told, or not as they were"})
    findings.tables.append(_table(times_s))
    return findings


def _tell(order: Order, trap: Trap, point: Point) -> None:
    wrong = len(trap.rig.record.violations)
    kills = f"{trap.sprung} kills, {order.count} wanted at each of {len(POINTS)} moments"
    order.tell(f"{kills}; {wrong} violations; {point}")


@contextmanager
def _trapped(order: Order) -> Iterator[Trap]:
    with tempfile.TemporaryDirectory() as folder, receiving() as receiver:
        listener = Listener(receiver)
        setup = Setup(settings={FOLDER: folder, **listener.settings}, preface=PREFACE)
        with running(order, setup) as rig:
            yield Trap(rig, Path(folder), Load(rig, open_jobs=4, clip_every=12), listener)


def _table(times_s: dict[Point, list[float]]) -> Table:
    rows = [
        [point, str(len(each)), f"{percentile(each, 50):.1f}"] for point, each in times_s.items()
    ]
    return Table("Each moment", ["moment", "kills", "seconds to the next worker (p50)"], rows)
