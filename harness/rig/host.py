"""The app in a process of its own, run by devhost as an operator would run it."""

import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devhost.azurite import end_with_us
from harness.rig.processes import PATIENCE_S, children, is_worker
from harness.rig.project import ROOT, app_home, environment
from worker.work_folder import OWN_FOLDER

READY = re.compile(r"status: \[GET,HEAD\] http://localhost:(\d+)/api/status")
START_LIMIT_S = PATIENCE_S
STOP_LIMIT_S = 20.0
TAIL_LINES = 40


class AppNotStartedError(Exception):
    """The message shows what the app has said."""


@dataclass(slots=True)
class Host:
    """A devhost, what it was told, and what it has said."""

    storage: str  # connection string
    folder: Path  # for its log and the app's work
    settings: Mapping[str, str] = field(default_factory=dict)  # over the documented ones
    preface: str = ""  # Python that the worker runs before it loads function_app.py
    options: tuple[str, ...] = ()
    api_key: str = field(default_factory=lambda: secrets.token_hex(32))
    log_file: Path | None = None  # app.log in its folder, unless another is wanted
    port: int = 0  # known once it has started
    _home: Path | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end; not every system can look up localhost."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def work_dir(self) -> Path:
        """Where attempts have their folders."""
        return self.folder / "work" / OWN_FOLDER

    @property
    def log(self) -> Path:
        """What host and worker print."""
        return self.log_file or self.folder / "app.log"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The host itself."""
        if self._process is None:
            raise AppNotStartedError("it was never started")
        return self._process

    def start(self) -> None:
        """Returns when the app is served; raises AppNotStartedError when it will not be."""
        said_before = len(self.said())
        self._process = self._launch()
        deadline = time.monotonic() + START_LIMIT_S
        while not (ready := READY.search(self.said(), said_before)):
            if self.has_ended() or time.monotonic() > deadline:
                self.kill()
                raise AppNotStartedError(f"The app did not start.\n{self.tail()}")
            time.sleep(0.05)
        self.port = int(ready[1])

    def stop(self, limit_s: float = STOP_LIMIT_S) -> None:
        """Ctrl-C; what is not gone in time is killed."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGINT)
        if not self.has_ended(limit_s):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def has_ended(self, limit_s: float = 0.0) -> bool:
        """Whether the host ends within that time."""
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL, to the host alone: its worker has to notice by itself."""
        self.process.kill()
        self.process.wait()

    @property
    def pid(self) -> int:
        """Of the host itself."""
        return self.process.pid

    def worker_pid(self) -> int | None:
        """The process that runs the functions, or None while there is none."""
        return next((pid for pid in children(self.pid) if is_worker(pid)), None)

    def said(self) -> str:
        """All of the log."""
        if not self.log.exists():
            return ""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of the log."""
        return "\n".join([f"--- the end of {self.log} ---", *self.said().splitlines()[-lines:]])

    def _launch(self) -> subprocess.Popen[bytes]:
        self._home = self._home or app_home(self.folder, self.preface)
        command = [sys.executable, "-m", "devhost", "--root", str(self._home), "--port", "0"]
        given = {
            "AzureWebJobsStorage": self.storage,
            "API_KEY": self.api_key,
            "WORK_DIR": str(self.work_dir.parent),
        }
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*end_with_us(), *command, *self.options],
                cwd=ROOT,
                env=environment(given | dict(self.settings)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches us alone; we end the host before the storage that it uses.
                start_new_session=True,
            )
