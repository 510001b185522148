"""Judges what is to be seen once all is calm: every upload answered, once, with the right bytes."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from harness.chaos.campaigns import family, sources
from harness.chaos.campaigns.record import Sent
from harness.chaos.campaigns.rig import SETTLE_S, Rig
from harness.rig.processes import command_line

# Processes end and uploads go a moment after their job.
MOMENT_S = 15.0


def judge(rig: Rig, *, settle_s: float = SETTLE_S) -> int:
    """Waits for the end of every job, judges all and removes them; returns how many were right.

    Broken promises are added to the record. Everything is to have ended well: judge failures that
    a campaign wants on its own, and retire them before.
    """
    rig.settle(settle_s)
    rig.watcher.look()
    wrong = rig.record.violations
    _wait_until(lambda: not list(_of_uploads(rig)))
    wrong += _of_uploads(rig)
    wrong += _of_results(rig)
    wrong += _of_processes(rig)
    wrong += _of_folders(rig)
    names = rig.record.names()
    for name in names:
        rig.retire(name)
    return sum(not any(f" {name} " in each for each in wrong) for name in names)


def _of_uploads(rig: Rig) -> Iterator[str]:
    """I4: an upload goes when its job is completed, and not before."""
    present = rig.service.uploads()
    for name in rig.record.names():
        row = rig.watcher.rows.get(name)
        is_done = row is not None and row["status"] == "completed"
        if is_done and name in present:
            yield f"I4: the upload of {name} is still there, though its job is completed"
        if not is_done and name not in present:
            yield f"I4: the upload of {name} is gone, though its job is not completed: {row}"


def _of_results(rig: Rig) -> Iterator[str]:
    """I1, I2, I3, I7, I8: each newest upload has exactly one result, which shows it."""
    outputs: dict[str, list[Any]] = defaultdict(list)
    for each in rig.service.outputs():
        outputs[each.metadata.get("job", "nobody")].append(each)
    for name in rig.record.names():
        row, sent = rig.watcher.rows.get(name), rig.record.newest(name)
        if row is None or sent is None:
            yield f"I1: {name} has no row"
        else:
            yield from _of_result(rig, row, sent, outputs.pop(row["RowKey"], []))
    keys = {row["RowKey"] for row in rig.watcher.rows.values()}
    for key, strays in outputs.items():
        if key not in keys:
            yield f"I2: results without a row: {[each.name for each in strays]} of {key}"


def _of_result(rig: Rig, row: dict[str, Any], sent: Sent, outputs: list[Any]) -> Iterator[str]:
    name = sent.name
    if row["upload_etag"] != sent.etag:
        yield f"I3: {name} is answered for an older upload"
    if row["status"] != "completed":
        yield f"I1: {name} is {row['status']} ({row.get('error_code')}), not completed"
        return
    if row.get("error_code") or row.get("lease_until") or row.get("stage"):
        yield f"I8: {name} is completed, but its row says {row}"
    if [each.name for each in outputs] != [row["processed_blob_name"]]:
        yield f"I2: {name} has {[each.name for each in outputs]}, not {row['processed_blob_name']}"
        return
    output = outputs[0]
    data = rig.blobs.get_blob_client("processed", output.name).download_blob().readall()
    if output.metadata["upload_etag"] != sent.etag:
        yield f"I2: the result of {name} is of another upload"
    if hashlib.sha256(data).hexdigest() != output.metadata["sha256"]:
        yield f"I2: the result of {name} is not what was sent to storage"
    if fault := sources.difference(data, sent.source):
        yield f"I7: the result of {name} {fault}"


def _of_processes(rig: Rig) -> Iterator[str]:
    """I6: nobody is left of those who were killed, and nobody encodes for no job."""
    host_pid = rig.host.pid

    def left() -> dict[int, str]:
        family.bury(rig.known, host_pid)
        at_work = {pid: command_line(pid) for pid in rig.service.encoders()}
        return family.survivors(host_pid, rig.known) | at_work

    _wait_until(lambda: not left())
    yield from (f"I6: process {pid} is left: {words}" for pid, words in left().items())


def _of_folders(rig: Rig) -> Iterator[str]:
    """I6: no temporary byte outlives a sweep."""
    rig.service.sweep()
    _wait_until(lambda: not list(rig.host.work_dir.glob("*")))
    for folder in rig.host.work_dir.glob("*"):
        left = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
        yield f"I6: {folder.name} is left, with {left} bytes"


def _wait_until(look: Any) -> None:
    deadline = time.monotonic() + MOMENT_S
    while not look() and time.monotonic() < deadline:
        time.sleep(0.2)
