"""Keeps one warm process for all threads, and has each request answered by a child of it."""

import atexit
import json
import threading
from pathlib import Path
from typing import Any

from processing.child.warm_server import NurseryLostError, WarmServer
from processing.child.watch import OPEN_FILES, Bounds, Finished, Listener, watch

__all__ = ["Nursery", "NurseryLostError"]


class Nursery:
    """The warm process, started when it is first needed, and again after it was lost."""

    def __init__(self, module: str = "processing.pillow.server") -> None:
        """Start nothing yet; `module` is what the warm process will run."""
        self._module = module
        self._lock = threading.Lock()
        self._server: WarmServer | None = None

    def run(
        self, request: dict[str, Any], *, cwd: Path, bounds: Bounds, listener: Listener
    ) -> Finished:
        """Have `request` answered by a forked child and tell how it ended.

        Promises and raises what encoder.run does; besides, NurseryLostError: the child is gone
        then, too, and may be tried again. Any number of threads may call it at once.
        """
        server = self._running()
        try:
            with server.child(_order(request, cwd, bounds), bounds.deadline) as child:
                return watch(child, bounds, listener)
        except NurseryLostError:
            server.end()
            raise

    def close(self) -> None:
        """End the warm process, and all its children with it; the next run starts another."""
        with self._lock:
            if self._server:
                self._server.end()

    @property
    def pid(self) -> int | None:
        """The warm process's id; None while there is none."""
        server = self._server
        return server.pid if server and not server.has_ended else None

    def _running(self) -> WarmServer:
        with self._lock:
            if self._server is None:
                atexit.register(self.close)
            if self._server is None or self._server.has_ended:
                self._server = WarmServer(self._module)
            return self._server


def _order(request: dict[str, Any], cwd: Path, bounds: Bounds) -> bytes:
    return json.dumps(
        {
            "request": request,
            "cwd": str(cwd),
            "memory_bytes": bounds.memory_bytes,
            "file_bytes": bounds.file_bytes,
            "cpu_s": bounds.cpu_s,
            "open_files": OPEN_FILES,
        }
    ).encode()
