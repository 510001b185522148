"""The app in a process of its own, run by devhost as an operator would run it."""

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devhost.azurite import end_with_us

ROOT = Path(__file__).parents[2]
DEFAULTS = json.loads((ROOT / "local.settings.json.example").read_text())["Values"]
READY = re.compile(r"status: \[GET\] http://localhost:(\d+)/api/status")
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
TAIL_LINES = 40


@dataclass
class Host:
    """A devhost, what it was told, and what it has said."""

    storage: str  # connection string
    folder: Path  # for its log and the app's work
    settings: dict[str, str] = field(default_factory=dict)  # beside those that every test needs
    options: tuple[str, ...] = ()
    api_key: str = field(default_factory=lambda: secrets.token_hex(32))
    port: int = 0  # known once it has started
    root: Path = ROOT  # the app's folder

    @property
    def work_dir(self) -> Path:
        return self.folder / "work"

    @property
    def log(self) -> Path:
        return self.folder / "app.log"

    def start(self) -> None:
        """Returns when the app is served."""
        said_before = len(self.said())
        self._process = self._launch()
        deadline = time.monotonic() + START_LIMIT_S
        while not (ready := READY.search(self.said(), said_before)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                pytest.fail(f"The app did not start.\n{self.tail()}")
            time.sleep(0.05)
        self.port = int(ready[1])

    def stop(self) -> None:
        """Ctrl-C; what is not gone in time is killed."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGINT)
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def has_ended(self, limit_s: float) -> bool:
        """Whether the host, told to end, ends within that time."""
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL, to the host alone: its worker has to notice by itself."""
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """Of the host itself."""
        return self._process.pid

    def worker_pid(self) -> int | None:
        """The process that runs the functions, or None while there is none."""
        return next((pid for pid in children(self._process.pid) if is_worker(pid)), None)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self) -> str:
        """The last lines of the log, for the message of a test that fails."""
        lines = self.said().splitlines()[-TAIL_LINES:]
        return "\n".join([f"--- the end of {self.log} ---", *lines])

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "devhost",
            "--root",
            self.root,
            "--port",
            "0",
            *self.options,
        ]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*end_with_us(), *command],
                cwd=ROOT,
                env=environment(
                    AzureWebJobsStorage=self.storage,
                    API_KEY=self.api_key,
                    WORK_DIR=str(self.work_dir),
                    FFMPEG_THREADS="2",
                    **self.settings,
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def environment(**settings: str) -> dict[str, str]:
    """The settings over the documented defaults; nothing of a developer's own is left."""
    outside = {k: v for k, v in os.environ.items() if k.partition("__")[0] not in DEFAULTS}
    return {**outside, **DEFAULTS, **settings}


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that still run."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in task.read_text().split()]
    return found


def is_worker(pid: int) -> bool:
    try:
        return b"devhost.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
