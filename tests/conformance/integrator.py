"""What an integrator has: a running app, and programs that share no code with us."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.python313 import ROOT

NPM = Path(__file__).with_name("npm")
# scripts/setup puts Node.js beside our Python where the machine has none.
PATH = os.pathsep.join((f"{sys.prefix}/bin", os.environ["PATH"]))
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
START_LIMIT_S = 60.0
JOB_LIMIT_S = 90.0


@dataclass(frozen=True)
class Client:
    """What an integrator has: a connection to the storage account, an address, a key."""

    account: str
    url: str
    api_key: str

    def node(self, program, *arguments):
        """What the program prints."""
        settings = {
            "AZURE_STORAGE_CONNECTION_STRING": self.account,
            "MEDIA_COMPRESSION_API_KEY": self.api_key,
            "MEDIA_API_URL": f"{self.url}/api",
        }
        return run("node", NPM / program, *arguments, **settings)

    def curl(self, *arguments):
        """The status and what was printed."""
        options = ("--noproxy", "*", "--silent", "--show-error", "--max-time", "30")
        printed = run("curl", *options, "--write-out", "\n%{http_code}", *arguments)
        body, _, status = printed.rpartition("\n")
        return int(status), body

    def poll(self, blob_name, header):
        """The job once it is settled, by curl."""
        deadline = time.monotonic() + JOB_LIMIT_S
        while time.monotonic() < deadline:
            address = f"{self.url}/api/status?blob_name={blob_name}"
            status, body = self.curl("--header", header, address)
            job = json.loads(body)
            if status == 200 and job["status"] in {"completed", "failed"}:
                return job
            assert status in {200, 404}, body
            time.sleep(0.2)
        raise TimeoutError(f"{blob_name} was not settled within {JOB_LIMIT_S:.0f} s: {body}")


def install():
    run("npm", "ci", "--prefix", NPM, "--ignore-scripts", "--no-audit", "--no-fund")


@contextlib.contextmanager
def devhost(environment, log):
    """The address of the app, on devhost, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "devhost", "--port", str(port), "--root", ROOT],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until_running(process, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_running(process, url, log):
    deadline = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), DIRECT.open(f"{url}/admin/host/status") as answer:
            if json.load(answer)["state"] == "Running":
                return
        time.sleep(0.1)
    raise RuntimeError(f"devhost does not run the app:\n{log.read_text()[-3000:]}")


def run(*command, cwd=None, **settings):
    """What the command prints; its complaint when it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PATH": PATH} | settings,
        capture_output=True,
        text=True,
        timeout=JOB_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
