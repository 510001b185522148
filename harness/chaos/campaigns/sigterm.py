"""SIGTERM to the worker, to the host, or to both, at random instants while jobs keep coming."""

import os
import random
import signal
import time
from dataclasses import dataclass, field

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.kills import KINDS, Instants
from harness.chaos.campaigns.load import Load
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.recovery import Recovery, add_recovery
from harness.chaos.campaigns.rig import Rig, running
from harness.result import percentile
from harness.rig.processes import is_running

STOPS_IN_A_ROW = 25
# What container platforms wait before they send SIGKILL.
GRACE_S = 30.0

NOTE = (
    "A worker that gets SIGTERM hands its jobs back; devhost passes it on. The genuine host kills "
    "its Python workers without it: then the lease lapses, as after a kill."
)


@dataclass(slots=True)
class Janitor:
    """Asks processes to end, and takes the time that they need."""

    rig: Rig
    recovery: Recovery
    instants: Instants
    exits_s: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def stop(self) -> None:
        """One SIGTERM; returns when another worker is there."""
        # A worker that serves nobody ends in another way: its HTTP server is gone before its jobs.
        self.rig.watcher.is_polling = not self.rig.watcher.is_polling
        kind = self.instants.next()
        worker, host = self.rig.worker(), self.rig.host
        self.recovery.expect(self.rig.watcher.look())
        began_s = time.monotonic()
        if kind in ("worker", "both"):
            os.kill(worker, signal.SIGTERM)
        if kind in ("host", "both"):
            os.kill(host.pid, signal.SIGTERM)
        self._wait_for_the_end(worker, kind)
        self.exits_s[kind].append(time.monotonic() - began_s)
        if kind != "worker":
            host.start()
        self.rig.worker(other_than=worker)

    def _wait_for_the_end(self, worker: int, kind: str) -> None:
        deadline = time.monotonic() + GRACE_S
        if kind != "worker" and not self.rig.host.has_ended(GRACE_S):
            self.rig.record.violations.append(f"the host lives {GRACE_S:.0f} s after SIGTERM")
            self.rig.host.kill()
        while is_running(worker):
            if time.monotonic() > deadline:
                self.rig.record.violations.append(f"worker {worker} lives {GRACE_S:.0f} s on")
                os.kill(worker, signal.SIGKILL)
                return
            time.sleep(0.02)


def run(order: Order) -> Findings:
    """As many SIGTERMs as ordered."""
    handed_back = vanished = 0
    with running(order) as rig:
        load, recovery = Load(rig, open_jobs=6, clip_every=2), Recovery()
        rig.watcher.on_look.append(recovery.look)
        janitor = Janitor(rig, recovery, Instants(rig, random.Random(order.seed)))
        for numbers in order.rounds(STOPS_IN_A_ROW):
            with load.flowing():
                for number in numbers:
                    janitor.stop()
                    wrong = len(rig.record.violations)
                    order.tell(f"sigterm: {number + 1} of {order.count}, {wrong} violations")
            rig.settle()
            rows = rig.watcher.look().values()
            handed_back += sum(int(row["handed_back"].value) for row in rows)
            vanished += sum(int(row["vanished"].value) for row in rows)
            judge(rig)
    findings = _findings(janitor, load)
    findings.figure("attempts handed back", str(handed_back))
    findings.figure("attempts that ended without a word", str(vanished), "0", vanished == 0)
    return findings


def _findings(janitor: Janitor, load: Load) -> Findings:
    findings = Findings(violations=janitor.rig.record.violations)
    exits_s = [each for times_s in janitor.exits_s.values() for each in times_s]
    kinds = ", ".join(f"{kind} {len(times_s)}" for kind, times_s in janitor.exits_s.items())
    findings.figure("SIGTERMs, to", f"{len(exits_s)} ({kinds})")
    findings.figure("jobs meanwhile", str(load.uploads))
    findings.add_promises()
    longest_s = max(exits_s)
    findings.figure("until the process has ended, p50", f"{percentile(exits_s, 50):.1f} s")
    findings.figure(
        "until the process has ended, longest",
        f"{longest_s:.1f} s",
        f"{GRACE_S:.0f} s",
        longest_s <= GRACE_S,
    )
    add_recovery(findings, janitor.recovery, has_goal=False)
    findings.samples["exits_s"] = {
        kind: [round(each, 2) for each in times_s] for kind, times_s in janitor.exits_s.items()
    }
    findings.notes.append(NOTE)
    return findings
