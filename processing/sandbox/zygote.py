"""Has requests answered by forks of one warm process, which all threads of this one share."""

import atexit
import threading
from pathlib import Path
from typing import Any

from processing.sandbox.handshake import Assignment
from processing.sandbox.limits import OPEN_FILES, Bounds, ForkLimits
from processing.sandbox.watch import Finished, Listener, watch
from processing.sandbox.zygote_process import ZygoteLostError, ZygoteProcess

__all__ = ["Zygote", "ZygoteLostError"]


class Zygote:
    """A process that has imported what forks need; started when needed, and again after a loss."""

    def __init__(self, module: str) -> None:
        """Start nothing yet; `module` answers the requests, as zygote_main says."""
        self._module = module
        self._lock = threading.Lock()
        self._process: ZygoteProcess | None = None

    def run(
        self, request: dict[str, Any], *, cwd: Path, bounds: Bounds, listener: Listener
    ) -> Finished:
        """Have `request` answered by a fork and tell how that ended.

        Promises and raises what program.run does; besides, ZygoteLostError: the fork is gone
        then, too, and may be tried again. Any number of threads may call it at once.
        """
        process = self._running()
        try:
            assignment = _assignment(request, cwd, bounds).encode()
            with process.fork(assignment, bounds.deadline) as fork:
                return watch(fork, bounds, listener)
        except ZygoteLostError:
            process.end()
            raise

    def close(self) -> None:
        """End the warm process, and all its forks with it; the next run starts another."""
        with self._lock:
            if self._process:
                self._process.end()

    @property
    def pid(self) -> int | None:
        """The warm process's id; None while there is none."""
        process = self._process
        return process.pid if process and not process.has_ended else None

    def _running(self) -> ZygoteProcess:
        with self._lock:
            if self._process is None:
                atexit.register(self.close)
            if self._process is None or self._process.has_ended:
                self._process = ZygoteProcess(self._module)
            return self._process


def _assignment(request: dict[str, Any], cwd: Path, bounds: Bounds) -> Assignment:
    limits = ForkLimits(bounds.memory_bytes, bounds.file_bytes, bounds.cpu_s, OPEN_FILES)
    return Assignment(request, str(cwd), limits)
