"""What an integrator has: a running app, and programs that share no code with us."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

NPM = Path(__file__).with_name("npm")
# scripts/setup puts Node.js beside our Python where the machine has none.
PATH = os.pathsep.join((f"{sys.prefix}/bin", os.environ["PATH"]))
JOB_LIMIT_S = 300.0


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
        options = ("--noproxy", "*", "--silent", "--show-error", "--max-time", "120")
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
