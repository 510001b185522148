"""A file that kills its worker: quarantined after three deaths; nobody beside it minds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.queue import QueueServiceClient

from harness.chaos.quick import QUICK
from harness.rig.running import Setup, app_running
from harness.rig.service import Service
from tests.chaos.aftermath import assert_all_is_well

MARK = b"deadly"
# What the worker runs before the app: with a file that ends like this, it is killed at the encoder.
PREFACE = f"""
import os, signal
from lifecycle import work
_compress = work.compress
def compress(source, *rest):
    if source.read_bytes().endswith({MARK!r}):
        os.kill(os.getpid(), signal.SIGKILL)
    return _compress(source, *rest)
work.compress = compress
"""


@pytest.fixture
def mortal(account: str, tmp_path: Path) -> Iterator[Service]:
    """An app that such a file kills, with the retries that it has by default."""
    settings = {name: value for name, value in QUICK.items() if name != "MAX_RETRY_ATTEMPTS"}
    setup = Setup(settings, PREFACE, ("--queue-lease-seconds", "2"))
    with app_running(account, tmp_path, setup) as service:
        yield service


def messages(account: str) -> dict[str, int]:
    """In each queue, hidden ones and those of the graveyards included."""
    with QueueServiceClient.from_connection_string(account) as queues:
        names = [each.name for each in queues.list_queues()]
        clients = [(name, queues.get_queue_client(name)) for name in names if "media" in name]
        return {
            name: client.get_queue_properties().approximate_message_count or 0
            for name, client in clients
        }


def test_a_file_that_kills_three_workers_is_quarantined_and_its_neighbours_are_done(
    mortal, account, photo, long_clip, tmp_path
):
    deadly = tmp_path / "deadly.png"
    deadly.write_bytes(photo.read_bytes() + MARK)
    neighbours = {"slow.mp4": long_clip, "1.png": photo, "2.png": photo}
    for name, source in neighbours.items():
        mortal.upload(name, source)
    mortal.upload("deadly.png", deadly)

    job = mortal.settled("deadly.png")

    assert (job["status"], job["error_code"], job["attempts"]) == ("failed", "WORKER_LOST", 3)
    assert "deadly.png" in mortal.uploads()
    assert_all_is_well(mortal, neighbours, tmp_path)
    mortal.wait_for("the messages' end", lambda: not any(messages(account).values()))
    assert mortal.settled("deadly.png")["attempts"] == 3
