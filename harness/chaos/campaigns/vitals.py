"""What a process holds, read from /proc: memory, descriptors, threads."""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.chaos.campaigns.background import in_background
from harness.rig.processes import children

WARM_CHILD = b"processing.sandbox.zygote_main"
ANONYMOUS = re.compile(r"^Pss_Anon:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Vitals:
    """Of one process at one moment."""

    at_s: float  # on the monotonic clock
    pid: int
    rss_mib: float
    anonymous_mib: float  # backed by no file: of that, the RSS varies with what else is running
    descriptors: int
    threads: int


def vitals(pid: int) -> Vitals:
    """Raises OSError when it is gone."""
    place = Path(f"/proc/{pid}")
    status = dict(
        line.split(":", 1) for line in (place / "status").read_text().splitlines() if ":" in line
    )
    found = ANONYMOUS.search((place / "smaps_rollup").read_text())
    return Vitals(
        time.monotonic(),
        pid,
        int(status["VmRSS"].split()[0]) / 1024,
        int(found[1]) / 1024 if found else 0.0,
        len(list((place / "fd").iterdir())),
        int(status["Threads"]),
    )


def warm_child(worker_pid: int) -> int | None:
    """The process that the worker keeps for pictures."""
    for pid in children(worker_pid):
        with contextlib.suppress(OSError):
            if WARM_CHILD in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return None


@dataclass(slots=True)
class Sampler:
    """Takes the vitals of some processes at regular times."""

    pids: Mapping[str, Callable[[], int | None]]  # by role
    every_s: float
    taken: dict[str, list[Vitals]] = field(default_factory=dict)

    def sampling(self, violations: list[str]) -> contextlib.AbstractContextManager[None]:
        """Until the block ends."""
        return in_background("sampler", self._sample, violations)

    def _sample(self, stop: threading.Event) -> None:
        while not stop.wait(self.every_s):
            for role, pid_now in self.pids.items():
                with contextlib.suppress(OSError):
                    if pid := pid_now():
                        self.taken.setdefault(role, []).append(vitals(pid))
