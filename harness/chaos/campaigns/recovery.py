"""How long a job waits for another attempt after its own was killed."""

import time
from dataclasses import dataclass, field
from typing import Any

from harness.chaos.campaigns.findings import Findings
from harness.result import percentile
from harness.rig.client import FINAL

# With a lease of 3 s.
GOAL_S = 10.0


@dataclass(frozen=True, slots=True)
class Victim:
    """An attempt that ran when its process was killed."""

    attempt_id: str
    killed_s: float  # on the monotonic clock


@dataclass(slots=True)
class Recovery:
    """Told of the rows before each kill, and of each look at them."""

    times_s: list[float] = field(default_factory=list)  # where no other kill came in between
    disturbed: int = 0  # waits that another kill made longer
    most_attempts: int = 0
    _victims: dict[str, Victim] = field(default_factory=dict)  # by the name of the job

    def expect(self, rows: dict[str, dict[str, Any]]) -> None:
        """What is being processed is about to be killed; who waits already is disturbed."""
        now_s = time.monotonic()
        self.disturbed += len(self._victims)
        self._victims.clear()
        for name, row in rows.items():
            if row["status"] == "processing":
                self._victims[name] = Victim(row["attempt_id"], now_s)

    def wait(self) -> None:
        """Until nobody waits any more, but not for ever."""
        deadline = time.monotonic() + 3 * GOAL_S
        while self._victims and time.monotonic() < deadline:
            time.sleep(0.1)

    def look(self, at_s: float, rows: dict[str, dict[str, Any]]) -> None:
        """Notes who was claimed again, or has ended, by the time of this look."""
        for name, victim in list(self._victims.items()):
            row = rows.get(name)
            if row is None or at_s < victim.killed_s:
                continue
            self.most_attempts = max(self.most_attempts, int(row["attempts"].value))
            has_ended = row["status"] in FINAL
            is_another = row.get("attempt_id") not in (None, victim.attempt_id)
            if is_another:
                self.times_s.append(at_s - victim.killed_s)
            if is_another or has_ended:  # one that ended by itself was quicker than the kill
                self._victims.pop(name, None)


def add_recovery(findings: Findings, recovery: Recovery, *, has_goal: bool = True) -> None:
    """Its figures, against the goal where there is one."""
    times_s = recovery.times_s
    if not times_s:  # of a few, on a busy machine, none may hit
        (findings.violations if has_goal else findings.notes).append("no kill hit an attempt")
        return
    p50_s, p99_s = percentile(times_s, 50), percentile(times_s, 99)
    findings.figure("attempts cut short", str(len(times_s) + recovery.disturbed))
    findings.figure("of them not hit by the next one while they waited", str(len(times_s)))
    findings.figure("until claimed again, p50", f"{p50_s:.1f} s")
    goal = (f"{GOAL_S:.0f} s", p99_s <= GOAL_S) if has_goal else ()
    findings.figure("until claimed again, p99", f"{p99_s:.1f} s", *goal)
    findings.samples["recovery_s"] = sorted(round(each, 2) for each in times_s)
