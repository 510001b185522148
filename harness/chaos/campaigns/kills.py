"""SIGKILL to the worker, to the host, or to both, at random instants while jobs keep coming."""

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.load import Load
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.recovery import Recovery, add_recovery
from harness.chaos.campaigns.rig import START_LIMIT_S, Rig, running
from harness.chaos.campaigns.watcher import LOOK_EVERY_S

# Between two judgements; a violation is found near its cause, and the account stays small.
KILLS_IN_A_ROW = 50
# From the moment at which functions run again to the next kill, at most.
LONGEST_LIFE_S = 1.2
# The share of kills that wait until somebody is at work; the others come whenever they come.
AT_WORK = 0.6
# The share of kills that do not wait until functions run again.
AT_THE_START = 0.5
# After so many kills, those who were hit are left alone until they are claimed again.
LEFT_ALONE_EVERY = 12
# A host that loses worker after worker starts the next ones later and later, up to 8 s.
MOST_WORKERS_OF_A_HOST = 3
KINDS = ("worker", "host", "both")
WEIGHTS = (6, 2, 2)


@dataclass(slots=True)
class Instants:
    """Waits for moments, and says whose they are."""

    rig: Rig
    chance: random.Random
    _workers_in_a_row: int = 0
    _interrupted: set[str] = field(default_factory=set)  # ids of attempts

    def next(self) -> str:
        """One of KINDS, at a random instant after functions run again."""
        if self.chance.random() > AT_THE_START:
            wait_until_healthy(self.rig)
        if self.chance.random() < AT_WORK:
            self._wait_for_work()
            time.sleep(self.chance.uniform(0, LOOK_EVERY_S))
        else:
            time.sleep(self.chance.uniform(0, LONGEST_LIFE_S))
        (kind,) = self.chance.choices(KINDS, WEIGHTS)
        if kind == "worker" and self._workers_in_a_row >= MOST_WORKERS_OF_A_HOST:
            kind = "both"
        self._workers_in_a_row = self._workers_in_a_row + 1 if kind == "worker" else 0
        return kind

    def _wait_for_work(self) -> None:
        """Until an attempt was seen at work that has not been interrupted before, but not long."""
        deadline = time.monotonic() + LONGEST_LIFE_S
        while not (at_work := self._at_work() - self._interrupted):
            if time.monotonic() > deadline:
                return
            time.sleep(0.02)
        self._interrupted |= at_work

    def _at_work(self) -> set[str]:
        rows = self.rig.watcher.rows.values()
        return {row["attempt_id"] for row in rows if row["status"] == "processing"}


def wait_until_healthy(rig: Rig) -> None:
    """Returns when functions run, or the limit for the start of a worker is over."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, HTTPException):
            if rig.service.is_healthy():
                return
        rig.worker()
        time.sleep(0.05)


@dataclass(slots=True)
class Executioner:
    """Kills, and counts."""

    rig: Rig
    recovery: Recovery
    instants: Instants
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def kill(self) -> None:
        """One kill; returns when another worker is there."""
        kind = self.instants.next()
        self.rig.spare_the_unlucky()
        worker = self.rig.worker()
        self.recovery.expect(self.rig.watcher.look())
        if kind in ("worker", "both"):
            os.kill(worker, signal.SIGKILL)
        if kind in ("host", "both"):
            self.rig.host.kill()
            self.rig.host.start()
        self.kills[kind] += 1
        self.rig.worker(other_than=worker)
        if sum(self.kills.values()) % LEFT_ALONE_EVERY == 0:
            self.recovery.wait()


def run(order: Order) -> Findings:
    """As many kills as ordered."""
    began_s = time.monotonic()
    with running(order) as rig:
        load, recovery = Load(rig, open_jobs=6, clip_every=5), Recovery()
        rig.watcher.on_look.append(recovery.look)
        executioner = Executioner(rig, recovery, Instants(rig, random.Random(order.seed)))
        for numbers in order.rounds(KILLS_IN_A_ROW):
            with load.flowing():
                for number in numbers:
                    executioner.kill()
                    order.tell(_news(order, number + 1, load, rig))
            judge(rig)
    took_s = time.monotonic() - began_s
    done = sum(executioner.kills.values())
    findings = Findings(violations=rig.record.violations)
    findings.figure("kills", f"{done} ({_listed(executioner.kills)})")
    findings.figure("jobs meanwhile", str(load.uploads))
    findings.add_promises()
    add_recovery(findings, recovery, has_goal=order.is_full)
    findings.figure("seconds for each kill, judging included", f"{took_s / done:.1f}", "3")
    findings.samples |= {"most_attempts": recovery.most_attempts, "polls": rig.record.polls}
    return findings


def _news(order: Order, done: int, load: Load, rig: Rig) -> str:
    wrong = len(rig.record.violations)
    return f"kills: {done} of {order.count}, {load.uploads} jobs, {wrong} violations"


def _listed(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
