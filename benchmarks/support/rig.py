"""Runs the pipeline for a measurement: an Azurite and the app, with the settings of production."""

import contextlib
import json
import os
import secrets
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableClient
from azure.storage.blob import ContainerClient

from devhost.azurite import Azurite
from integrations.tracking import TABLE, JobTable
from jobs.job import Job
from scripts.support import app, local_settings

POLL_S = 0.2
JOB_LIMIT_S = 900.0
FUNCTION_APP = app.PROJECT / "function_app.py"
# Folders that the app of a measurement has of its own, or has no use for.
NOT_LINKED = {local_settings.NAME, FUNCTION_APP.name, "demo-output"}


@dataclass(frozen=True, slots=True)
class Rig:
    """One storage account and the app that watches it, both of this measurement's own."""

    storage: str  # connection string, past any proxy
    api_key: str
    host: app.App
    jobs: JobTable
    uploads: ContainerClient
    folder: Path

    def upload(self, source: Path, blob_name: str) -> datetime:
        """Uploads as any client does; returns the moment at which storage had it all."""
        with source.open("rb") as stream:
            self.uploads.upload_blob(blob_name, stream, overwrite=True, max_concurrency=2)
        return datetime.now(UTC)

    def settled(self, blob_name: str) -> Job:
        """The job once it is completed; raises RuntimeError when it failed or takes too long.

        Looks at the row: asking the API would also make the app notice the upload.
        """
        deadline = time.monotonic() + JOB_LIMIT_S
        while time.monotonic() < deadline:
            job = self.jobs.get(blob_name)
            if job and job.is_settled:
                if job.error_code:
                    raise RuntimeError(f"{blob_name}: {job.error_code} {job.error_message}")
                return job
            time.sleep(POLL_S)
        raise RuntimeError(f"{blob_name} was not answered within {JOB_LIMIT_S:.0f} s")

    def poll(self, blob_name: str) -> dict[str, Any]:
        """What GET /api/status says; the app notices the upload by it at the latest."""
        query = urllib.parse.urlencode({"blob_name": blob_name})
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.host.port}/api/status?{query}",
            headers={"X-API-Key": self.api_key},
        )
        with app.LOOPBACK.open(request, timeout=30) as answer:
            content: dict[str, Any] = json.load(answer)
        return content

    def worker_pid(self) -> int:
        """The process that runs the functions."""
        return next(pid for pid in children(self.host.process.pid) if is_worker(pid))


@contextlib.contextmanager
def azurite_only() -> Iterator[tuple[Azurite, Path]]:
    """A storage account and a scratch folder, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="mediaprocessor-bench-") as scratch:
        folder = Path(scratch)
        with Azurite.started(folder / "azurite") as azurite:
            yield azurite, folder


@contextlib.contextmanager
def running(
    settings: Mapping[str, str] | None = None, *, preface: str = "", quiet_s: float = 6.0
) -> Iterator[Rig]:
    """Azurite and the app until the block ends; see app_running."""
    with (
        azurite_only() as (azurite, folder),
        app_running(folder, azurite.connection_string, settings, preface=preface) as rig,
    ):
        time.sleep(quiet_s)  # the first listing, the first sweep
        yield rig


@contextlib.contextmanager
def app_running(
    folder: Path,
    storage: str,
    settings: Mapping[str, str] | None = None,
    *,
    preface: str = "",
    own_storage: str | None = None,
) -> Iterator[Rig]:
    """The app under devhost, its files in `folder`.

    `preface` is Python that the worker runs before it loads function_app.py, unchanged. Our own
    clients use `own_storage`, where that is another way to the same account.
    """
    own_storage = own_storage or storage
    api_key = secrets.token_hex(32)
    given = {"AzureWebJobsStorage": storage, "API_KEY": api_key, **(settings or {})}
    home = app_home(folder, given, preface)
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "app.log").open("wb"))
        port = app.free_port()
        host = stack.enter_context(app.running(app.devhost(home, port), port, log))
        host.wait_until_running()
        uploads = ContainerClient.from_connection_string(own_storage, "uploads")
        stack.enter_context(uploads)
        with contextlib.suppress(ResourceExistsError):
            uploads.create_container()
        jobs = JobTable(TableClient.from_connection_string(own_storage, TABLE))
        yield Rig(own_storage, api_key, host, jobs, uploads, folder)


def app_home(folder: Path, settings: Mapping[str, str], preface: str) -> Path:
    """A folder that is the project, by links, with the example's settings and these over them."""
    home = folder / "app"
    home.mkdir()
    for each in app.PROJECT.iterdir():
        if not each.name.startswith(".") and each.name not in NOT_LINKED:
            (home / each.name).symlink_to(each)
    values = local_settings.read(app.PROJECT / f"{local_settings.NAME}.example")
    values |= {"WORK_DIR": str(folder / "work"), **settings}
    for name in [name for name in os.environ if name.partition("__")[0] in values]:
        del os.environ[name]
    local_settings.write(home / local_settings.NAME, {"IsEncrypted": False, "Values": values})
    if preface:
        load = f"exec(compile(open({str(FUNCTION_APP)!r}).read(), {str(FUNCTION_APP)!r}, 'exec'))"
        (home / FUNCTION_APP.name).write_text(f"{preface}\n{load}\n")
    else:
        (home / FUNCTION_APP.name).symlink_to(FUNCTION_APP)
    return home


def processing_s(job: Job) -> float:
    """Seconds from the claim to the completed row; 0 while there is no result."""
    return job.result.processing_time if job.result else 0.0


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that still run."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in task.read_text().split()]
    return found


def is_worker(pid: int) -> bool:
    """Whether this is devhost's process for the app's functions."""
    try:
        return b"devhost.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
