"""A host of the user's own choice that runs the app in this terminal, until it is told to end."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException

from devhost.azurite import end_with_us
from harness.laptop.port import refuse_unusable
from harness.laptop.refusal import Refusal
from harness.rig.project import ROOT
from harness.rig.request import request

START_LIMIT_S = 90.0
# A host lets running functions end for some seconds; then it is killed.
STOP_LIMIT_S = 15.0


@dataclass(frozen=True, slots=True)
class App:
    """A host that runs the app."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end; not every system can look up localhost."""
        return f"http://127.0.0.1:{self.port}"

    def is_alive(self) -> bool:
        """Whether the host still runs."""
        return self.process.poll() is None

    def is_running(self) -> bool:
        """Whether the host has loaded the functions and listens."""
        try:
            answer = request(f"{self.url}/admin/host/status", limit_s=2.0)
            return bool(answer.json.get("state") == "Running")
        except (OSError, ValueError, HTTPException):
            return False

    def wait_until_running(self) -> None:
        """Returns when requests are answered; raises Refusal when the app cannot start."""
        deadline = time.monotonic() + START_LIMIT_S
        while not self.is_running():
            if not self.is_alive():
                raise Refusal("The app did not start; the reason is above.")
            if time.monotonic() > deadline:
                raise Refusal(f"The app did not start within {START_LIMIT_S:.0f} s.")
            time.sleep(0.1)


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[App]:
    """Runs a host's command in the project until the block ends."""
    refuse_unusable(port)
    process = subprocess.Popen(
        [*end_with_us(), *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        # Ctrl-C reaches us alone; we end the host before the storage that it uses.
        start_new_session=True,
    )
    try:
        yield App(process, port)
    finally:
        stop(process)


def devhost(port: int) -> list[str]:
    """The command that runs the app by our stand-in for the Functions host."""
    return [sys.executable, "-m", "devhost", "--port", str(port), "--root", str(ROOT)]


def stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the host to end, and kills it with all of its session when that takes too long."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            continue
        return
