"""Storage did what it was asked and the answer never came: the attempt looks, and goes on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError

from errors import StorageUnavailableError
from integrations.results import Results
from integrations.tracking import JobTable
from jobs.job import FencedError, Job
from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob

from .conftest import World


def losing_the_answer(call: Callable[..., Any], number: int = 1) -> Callable[..., Any]:
    """Does what `call` does, but the number-th answer is lost."""
    calls = 0

    def lossy(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        answer = call(*args, **options)
        if calls == number:
            raise ServiceResponseError("The connection was reset.")
        return answer

    return lossy


@pytest.mark.parametrize("number", [1, 2, 3], ids=["claimed", "announced", "completed"])
def test_a_row_that_was_written_is_written(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    message = world.accept("a.png", photo)
    table = world.services.jobs._table
    monkeypatch.setattr(table, "update_entity", losing_the_answer(table.update_entity, number))

    run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 1)
    assert world.services.uploads.get("a.png") is None


def test_a_claim_without_an_answer_is_known_though_a_copy_of_the_message_came_meanwhile(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    write = JobTable.replace

    def lossy(table: JobTable, job: Job) -> Job:
        monkeypatch.undo()
        claimed = write(table, job)
        write(table, replace(claimed, enqueued_at=world.clock() + timedelta(seconds=30)))
        raise FencedError(job.blob_name)  # to the SDK's second try

    monkeypatch.setattr(JobTable, "replace", lossy)

    run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 1)


def test_a_row_that_was_created_is_created(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("a.png", photo)
    world.services.jobs.create()
    table = world.services.jobs._table
    monkeypatch.setattr(table, "create_entity", losing_the_answer(table.create_entity))

    accept_blob(world.services, "a.png")

    assert world.job("a.png").status == "queued"
    assert world.messages_waiting() == 1


def test_a_result_that_was_stored_is_stored(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    processed = world.services.results._container
    get_client = processed.get_blob_client

    def lossy(name: str) -> Any:
        client = get_client(name)
        monkeypatch.setattr(client, "upload_blob", losing_the_answer(client.upload_blob))
        return client

    monkeypatch.setattr(processed, "get_blob_client", lossy)

    run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 1)


def test_a_result_that_was_not_stored_is_tried_again(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)

    def refuse(*_: Any) -> None:
        raise StorageUnavailableError

    monkeypatch.setattr(Results, "store", refuse)

    run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").attempts) == ("queued", 1)
