"""A row that cannot be read hurts its own job, and no other."""

from typing import Any

import pytest
from azure.data.tables import UpdateMode

from errors import UnreadableRowError
from integrations.job_row import PARTITION
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob, latest_job
from lifecycle.rescue import rescue
from lifecycle.sweep import sweep

from .conftest import World

RESULT: dict[str, Any] = {
    "processed_blob_name": "a.webp",
    "output_url": "https://a.example/a.webp",
    "output_etag": "e",
    "original_size": 10,
    "compressed_size": 5,
    "processing_time": 1.5,
    "format": "webp",
}
EDITED = {
    "an unknown status": {"status": "paused"},
    "a time that is a word": {"created_at": "yesterday"},
    "a number that is a word": {"file_size": "large"},
    "an order of a newer version": {"order": '{"sharpen": true}'},
    "an order that is no JSON": {"order": "{"},
    "a timeline that is none": {"timeline": '[["?"]]'},
    "a stage of a newer version": {"stage": "dreaming"},
    "no name": {"blob_name": ""},
    "an order that is nested too deeply": {"order": "[" * 20_000},
    "an attempt without an end": {"attempt_id": "a"},
    "an attempt whose end is a word": {"attempt_id": "a", "lease_until": "tomorrow"},
    "a result of nothing": {"output_etag": "e"},
    "a result whose source is a word": RESULT | {"original_size": "large"},
    "a result of an empty source": RESULT | {"original_size": 0},
    "a result in the time of a word": RESULT | {"processing_time": "long"},
}


def edit(world: World, name: str, columns: dict[str, Any]) -> None:
    table = world.services.jobs._table
    row = dict(table.get_entity(PARTITION, world.job(name).key))
    table.update_entity(row | columns, mode=UpdateMode.REPLACE)


@pytest.mark.azurite
@pytest.mark.parametrize("kind", EDITED)
def test_the_others_go_on_and_it_is_told_once(
    world: World, photo: bytes, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    edited = f"{kind}.png"
    for name in (edited, "other.png"):
        world.put(name, photo)
        accept_blob(world.services, name)
    edit(world, edited, EDITED[kind])

    for message in world.take_messages():
        run_attempt(world.services, message)
    for _ in range(3):
        world.clock.advance(minutes=30)
        rescue(world.services)
        sweep(world.services)

    with pytest.raises(UnreadableRowError):
        latest_job(world.services, edited)
    assert world.past("other.png").status == "expired"
    assert caplog.text.count("is left alone") == 1
    assert "Traceback" not in caplog.text


@pytest.mark.azurite
def test_once_it_is_deleted_its_upload_begins_anew(world: World, photo: bytes) -> None:
    world.put("edited.png", photo)
    accept_blob(world.services, "edited.png")
    edit(world, "edited.png", {"status": "paused"})
    world.services.jobs._table.delete_entity(PARTITION, "edited.png")

    world.clock.advance(hours=1)
    sweep(world.services)
    for message in world.take_messages():
        run_attempt(world.services, message)

    assert world.job("edited.png").status == "completed"
