"""What the conformance tests stand on: storage of their own, media of their own, the worker."""

import secrets
import shutil
import subprocess

import pytest
from PIL import Image, ImageFilter

from devhost.azurite import Azurite
from harness.rig.project import environment
from harness.rig.running import Setup, app_running
from tests.conformance.genuine_worker import GenuineWorker
from tests.conformance.host import Host
from tests.conformance.integrator import NPM, PATH, Client, install
from tests.conformance.made_once import make_once
from tests.conformance.python313 import ROOT, NoPython313, python_with_the_library
from tests.conformance.skipping import skip_loudly


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """The connection string of an Azurite that no other test uses: each message has one reader."""
    with Azurite.started(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite.connection_string


@pytest.fixture(scope="module")
def api_key():
    return secrets.token_hex(32)


@pytest.fixture(scope="module")
def app_environment(account, api_key, tmp_path_factory):
    """The app's settings, and nothing of a developer's own."""
    return environment(
        {
            "API_KEY": api_key,
            "AzureWebJobsStorage": account,
            "ENABLE_TEST_ENDPOINT": "1",
            "FFMPEG_THREADS": "2",
            "WORK_DIR": str(tmp_path_factory.mktemp("work")),
        }
    )


@pytest.fixture(scope="session")
def python313():
    """An interpreter that has Microsoft's worker library."""
    try:
        return python_with_the_library()
    except NoPython313 as reason:
        skip_loudly(f"NOT CHECKED against the genuine worker: {reason}")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """What the worker prints."""
    return tmp_path_factory.mktemp("worker") / "worker.log"


@pytest.fixture(scope="module")
def worker(python313, app_environment, log):
    """The app, indexed by Microsoft's own worker library."""
    with GenuineWorker.started(python313, ROOT, app_environment, log) as worker:
        yield worker


@pytest.fixture(scope="module")
def host(worker, account, api_key):
    host = Host(worker, account, api_key)
    # The app asks for a tick whenever a host starts.
    host.trigger_timer()
    return host


@pytest.fixture(scope="session")
def photo(tmp_path_factory):
    """A photo-like JPEG: soft colours with grain."""
    path = tmp_path_factory.mktemp("media") / "photo.jpg"
    bands = [Image.effect_noise((320, 240), 60).filter(ImageFilter.GaussianBlur(3))] * 3
    Image.merge("RGB", bands).save(path, quality=98)
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """A second of moving picture with sound, written large."""
    path = tmp_path_factory.mktemp("media") / "clip.mov"
    picture = "testsrc2=size=320x240:rate=25:duration=1"
    subprocess.run(
        [
            *("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", picture),
            *("-f", "lavfi", "-i", "sine=frequency=440:duration=1"),
            *("-c:v", "mpeg4", "-q:v", "1", "-c:a", "pcm_s16le", "-threads", "2", path),
        ],
        check=True,
    )
    return path


@pytest.fixture(scope="module")
def client(javascript_sdk, account, tmp_path_factory):
    setup = Setup({"ENABLE_TEST_ENDPOINT": "1", "FFMPEG_THREADS": "2"})
    with app_running(account, tmp_path_factory.mktemp("devhost"), setup) as app:
        yield Client(account, app.host.url, app.host.api_key)


@pytest.fixture(scope="module")
def javascript_sdk():
    """Installs it into its folder, once for each list of packages."""
    for name in ("node", "npm", "curl"):
        if not shutil.which(name, path=PATH):
            skip_loudly(f"NOT CHECKED with a foreign client: {name} is not installed")
    make_once(NPM / "node_modules", NPM / "package-lock.json", install)
