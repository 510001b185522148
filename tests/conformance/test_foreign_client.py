"""Clients that are not ours: Microsoft's JavaScript SDK uploads, curl polls and downloads.

The app runs on devhost, so this proves that the promises to integrators hold for programs that
share no code with us; it does not prove that devhost behaves as the real host does.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from tests.conformance.made_once import make_once
from tests.conformance.python313 import ROOT
from tests.conformance.skipping import skip_loudly

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


@pytest.fixture(scope="module")
def client(javascript_sdk, app_environment, account, api_key, tmp_path_factory):
    log = tmp_path_factory.mktemp("devhost") / "devhost.log"
    with devhost(app_environment, log) as url:
        yield Client(account, url, api_key)


@pytest.fixture(scope="module")
def javascript_sdk():
    """Installs it into its folder, once for each list of packages."""
    for name in ("node", "npm", "curl"):
        if not shutil.which(name, path=PATH):
            skip_loudly(f"NOT CHECKED with a foreign client: {name} is not installed")
    make_once(NPM / "node_modules", NPM / "package-lock.json", install)


def install():
    run("npm", "ci", "--prefix", NPM, "--ignore-scripts", "--no-audit", "--no-fund")


def test_a_photo_goes_up_by_the_javascript_sdk_and_comes_back_by_curl(client, photo, tmp_path):
    client.node("upload.mjs", photo, "holiday.jpg")

    job = client.poll("holiday.jpg", f"X-API-Key: {client.api_key}")

    assert job["status"] == "completed"
    result = tmp_path / "result"
    assert client.curl("--output", result, job["output_url"])[0] == 200
    assert result.stat().st_size == job["compressed_size"] < photo.stat().st_size
    with Image.open(result) as picture:
        assert (picture.format, picture.size) == ("WEBP", (320, 240))


def test_a_clip_goes_up_in_blocks_and_a_bearer_token_serves_as_the_key(client, clip, tmp_path):
    client.node("upload.mjs", clip, "clips/holiday.mov")

    job = client.poll("clips/holiday.mov", f"Authorization: Bearer {client.api_key}")

    assert job["status"] == "completed"
    result = tmp_path / "result"
    assert client.curl("--output", result, job["output_url"])[0] == 200
    assert result.stat().st_size == job["compressed_size"] < clip.stat().st_size
    run("ffmpeg", "-v", "error", "-xerror", "-i", result, "-f", "null", "-")


def test_the_recipe_that_clients_were_first_given_works(client, clip, tmp_path):
    result = tmp_path / "result"

    job = json.loads(client.node("integrator.mjs", clip, result))

    assert job["status"] == "completed"
    assert job["processed_blob_name"].startswith("processed-")
    assert job["type"] == "video/mp4"
    assert result.stat().st_size == job["compressed_size"] < clip.stat().st_size


def test_curl_without_a_key_learns_nothing(client):
    status, body = client.curl(f"{client.url}/api/status?blob_name=holiday.jpg")

    assert status == 401
    assert "holiday" not in body


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


def run(*command, **settings):
    """What the command prints; its complaint when it fails."""
    done = subprocess.run(
        command,
        env=os.environ | {"PATH": PATH} | settings,
        capture_output=True,
        text=True,
        timeout=JOB_LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
