"""An Azurite and an app of the campaign's own, with everything that happens to them recorded."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from devhost.azurite import Azurite
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.record import Record, Sent
from harness.chaos.campaigns.sources import Source
from harness.chaos.campaigns.watcher import Watcher
from harness.chaos.quick import QUICK
from harness.rig.client import FINAL
from harness.rig.family import orphans_adopted
from harness.rig.host import Host
from harness.rig.processes import children
from harness.rig.running import DOCUMENTED, Setup, app_running
from harness.rig.service import Service
from jobs.alarm import MESSAGE_LOST_AFTER

SETTINGS = QUICK | {
    "SWEEP_SCHEDULE": "*/5 * * * * *",
    "RESCUE_SCHEDULE": "* * * * * *",
    # Results stay until they are judged.
    "PROCESSED_RETENTION_MINUTES": "1440",
}
# Deaths of one job; QUICK lets each have ten.
SPARED_AFTER = 7
START_LIMIT_S = 60.0  # of a worker
# Where every trigger and message of a job was killed, its last net is spread so late.
SETTLE_S = MESSAGE_LOST_AFTER.total_seconds() + 120.0
# How long a running message stays hidden when its host dies; ten minutes by default.
OPTIONS = ("--queue-lease-seconds", "2")


@dataclass(slots=True)
class Rig:
    """One storage account, one app, and what is known of both."""

    order: Order
    service: Service
    watcher: Watcher
    record: Record
    folder: Path
    known: set[int]  # children of ours that have nothing to do with the app

    @property
    def host(self) -> Host:
        return self.service.host

    @property
    def blobs(self) -> BlobServiceClient:
        """Past whatever is between the app and its account."""
        return self.service.blobs

    def upload(self, name: str, source: Source) -> Sent:
        """As any client does it; the upload is part of the record once storage has accepted it."""
        answer = self.blobs.get_blob_client("uploads", name).upload_blob(
            source.data, overwrite=True
        )
        sent = Sent(name, str(answer["etag"]).strip('"'), source, time.monotonic())
        self.record.add(sent)
        return sent

    def worker(self, other_than: int | None = None) -> int:
        """The process that runs the functions, as soon as there is one that is not the given one.

        It may still be on its way to its first function.
        """
        deadline = time.monotonic() + START_LIMIT_S
        while (pid := self.host.worker_pid()) in (None, other_than):
            if self.host.has_ended(0):  # three workers in a row died before they had begun
                self.host.start()
            if time.monotonic() > deadline:
                raise TimeoutError(f"no worker came after {other_than}\n{self.host.tail()}")
            time.sleep(0.02)
        assert pid is not None
        return pid

    def spare_the_unlucky(self) -> None:
        """Waits for jobs that were hit too often: after ten deaths a file is taken for deadly."""
        deadline = time.monotonic() + START_LIMIT_S
        while any(is_unlucky(row) for row in list(self.watcher.rows.values())):
            if time.monotonic() > deadline:
                return
            time.sleep(0.1)

    def settle(self, limit_s: float = SETTLE_S) -> None:
        """Waits until every job has ended; those that have not by then are lost."""
        deadline = time.monotonic() + limit_s
        while waiting := self.watcher.open_names():
            if time.monotonic() > deadline:
                rows = self.watcher.rows
                self.record.violations += [
                    f"I1: {name} has not ended after {limit_s:.0f} s of calm: {rows.get(name)}"
                    for name in waiting
                ]
                return
            time.sleep(0.1)

    def retire(self, name: str) -> None:
        """Removes what is left of a judged job, so that a long run is not a large account."""
        rows = [row for row in self.watcher.rows.values() if row["blob_name"] == name]
        self.record.forget(name)
        for row in rows:
            for container, blob in (
                ("processed", row.get("processed_blob_name")),
                ("uploads", name),
            ):
                with contextlib.suppress(ResourceNotFoundError):
                    if blob:
                        self.blobs.get_blob_client(container, blob).delete_blob()
            self.service.delete_row(row)


def is_unlucky(row: dict[str, Any]) -> bool:
    """Whether its job is open, and has lost so many attempts that few are left."""
    return row["status"] not in FINAL and int(row["vanished"].value) >= SPARED_AFTER


@contextlib.contextmanager
def running(order: Order, setup: Setup = DOCUMENTED) -> Iterator[Rig]:
    """The app and its account until the block ends; its logs are kept when something went wrong."""
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{order.name}-"))
    record, is_well = Record(), False
    try:
        with ExitStack() as stack:
            yield stack.enter_context(_started(order, setup, folder, record))
            is_well = not record.violations
    finally:
        if is_well:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            order.tell(f"What the app said is in {folder}.", last=True)


@contextlib.contextmanager
def _started(order: Order, setup: Setup, folder: Path, record: Record) -> Iterator[Rig]:
    setup = replace(
        setup,
        settings={**SETTINGS, **setup.settings},
        options=setup.options or OPTIONS,
    )
    with ExitStack() as stack:
        azurite = stack.enter_context(Azurite.started(folder / "azurite"))
        stack.enter_context(orphans_adopted())
        known = set(children(os.getpid()))
        started = app_running(azurite.connection_string, folder, setup)
        service = stack.enter_context(started)
        watcher = Watcher(service, record)
        stack.enter_context(watcher.watching())
        yield Rig(order, service, watcher, record, folder, known)
