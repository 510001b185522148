"""Runs the function app under a host, until it is told to end."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from devhost.azurite import end_with_us
from scripts.support.refusal import Refusal

PROJECT = Path(__file__).parents[2]
START_LIMIT_S = 90.0
# A host lets running functions end for some seconds; then it is killed.
STOP_LIMIT_S = 15.0
# Loopback is never reached through a proxy.
LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


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
            with LOOPBACK.open(f"{self.url}/admin/host/status", timeout=2) as answer:
                return bool(json.load(answer).get("state") == "Running")
        except (OSError, ValueError, urllib.error.URLError):
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
def running(
    command: list[str],
    port: int,
    output: IO[bytes] | None = None,
    stop_limit_s: float = STOP_LIMIT_S,
) -> Iterator[App]:
    """Runs a host's command in the project until the block ends; `output` takes what it prints."""
    refuse_busy_port(port)
    process = subprocess.Popen(
        [*end_with_us(), *command],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        # Ctrl-C reaches us alone; we end the host before the storage that it uses.
        start_new_session=True,
    )
    try:
        yield App(process, port)
    finally:
        stop(process, stop_limit_s)


def devhost(root: Path, port: int) -> list[str]:
    """The command that runs the app in `root` by our stand-in for the Functions host."""
    return [sys.executable, "-m", "devhost", "--port", str(port), "--root", str(root)]


def stop(process: subprocess.Popen[bytes], limit_s: float) -> None:
    """Asks the host to end, and kills it with all of its session after `limit_s`."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            continue
        return


def refuse_busy_port(port: int) -> None:
    """Raises Refusal when something listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refusal(
                f"Port {port} is in use ({error.strerror}); stop that program or choose --port."
            ) from error


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
