"""Has two processes work through damaged files, and survives whatever becomes of them."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.hostile.fuzz.cases import TIME_LIMIT_S
from harness.hostile.fuzz.checking import GRACE_S
from harness.hostile.trial import descendants

ROOT = Path(__file__).parents[3]
_HUNG_S = TIME_LIMIT_S + GRACE_S + 60.0  # then not even the check of the time works any more
_NO_END = 10**9

Told = Callable[[int, dict[str, Any]], None]


@dataclass(slots=True)
class Order:
    """What is to be done."""

    family: str
    seed: int
    count: int | None  # None: until time is up
    jobs: int
    honest: Path  # the folder of the files to damage
    until: float | None = None  # on time.monotonic()'s clock


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    share: int
    at: int
    begun: float
    rest: bytes = b""
    is_done: bool = False


def run(order: Order, told: Told) -> int:
    """Tell each finding with its index; gives the kernel's highest residence of any child.

    A worker that dies or hangs is itself a finding, and a new one goes on after that file.
    """
    peak = 0
    with selectors.DefaultSelector() as selector:
        workers = [_started(order, share, share, selector) for share in range(order.jobs)]
        while any(not worker.is_done for worker in workers):
            for key, _ in selector.select(1.0):
                peak = max(peak, _heard(key.data, told))
            for number, worker in enumerate(workers):
                workers[number] = _tended(worker, order, told, selector)
    return peak


def _started(order: Order, share: int, first: int, selector: selectors.BaseSelector) -> _Worker:
    words = {
        "family": order.family,
        "seed": order.seed,
        "honest": str(order.honest),
        "first": first,
        "end": order.count if order.count is not None else _NO_END,
        "step": order.jobs,
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "harness.hostile.fuzz.worker", json.dumps(words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    worker = _Worker(process, share, first, time.monotonic())
    selector.register(process.stdout, selectors.EVENT_READ, worker)  # type: ignore[arg-type]
    return worker


def _heard(worker: _Worker, told: Told) -> int:
    """Take what a worker says; gives the residence it reports at its end, else 0."""
    chunk = os.read(worker.process.stdout.fileno(), 65_536)  # type: ignore[union-attr]
    if not chunk:
        worker.process.wait()
        return 0
    *lines, worker.rest = (worker.rest + chunk).split(b"\n")
    peak = 0
    for line in lines:
        words = json.loads(line)
        if "begun" in words:
            worker.at, worker.begun = words["begun"], time.monotonic()
        elif "ended" in words:
            worker.begun = time.monotonic()
            told(words.pop("ended"), words)
        else:
            worker.is_done, peak = True, words["kernel_peak_bytes"]
    return peak


def _tended(worker: _Worker, order: Order, told: Told, selector: selectors.BaseSelector) -> _Worker:
    if worker.is_done or worker.process.stdout is None:
        return worker
    now = time.monotonic()
    is_late = order.until is not None and now > order.until
    is_hung = now - worker.begun > _HUNG_S
    has_died = worker.process.poll() is not None
    if not (is_late or is_hung or has_died):
        return worker
    selector.unregister(worker.process.stdout)
    _killed(worker.process)
    if is_late:
        worker.is_done = True
        return worker
    fault = "the parent hung" if is_hung else f"the parent died: {worker.process.returncode}"
    told(worker.at, _lost(fault, now - worker.begun))
    return _started(order, worker.share, worker.at + order.jobs, selector)


def _lost(fault: str, seconds: float) -> dict[str, Any]:
    return {
        "outcome": "LOST",
        "seconds": seconds,
        "peak_bytes": 0,
        "violations": [fault],
        "detail": "",
    }


def _killed(process: subprocess.Popen[bytes]) -> None:
    below = descendants(process.pid)
    for pid in (process.pid, *below):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
