"""The log of a job: one line for each verb, in order, with the same fields in each."""

import logging
import re
from collections.abc import Iterator

import pytest
from azure.core.exceptions import HttpResponseError

from errors import StorageUnavailableError
from lifecycle.attempt import run_attempt
from lifecycle.log_line import Action
from lifecycle.rescue import rescue
from lifecycle.sweep import sweep
from worker.log import log

from .conftest import World

FIELDS = ("action", "job", "attempt", "stage", "duration_ms", "code")


class Memory(logging.Handler):
    """Keeps every record."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def told() -> Iterator[list[logging.LogRecord]]:
    """What is logged, as it comes."""
    memory, level = Memory(), log.level
    log.addHandler(memory)
    log.setLevel(logging.INFO)
    yield memory.records
    log.setLevel(level)
    log.removeHandler(memory)


def lines(told: list[logging.LogRecord]) -> list[tuple[str, int, str]]:
    """Those of jobs; each tick of a timer has one of its own."""
    of_jobs = [each for each in told if hasattr(each, "job")]
    return [(each.action, each.attempt, each.stage) for each in of_jobs]


def failing(error: Exception):
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_job_leaves_one_line_for_each_verb_in_order(world: World, photo: bytes, told) -> None:
    message = world.accept("folder/ä b.png", photo)
    run_attempt(world.services, message)
    world.clock.advance(minutes=11)
    sweep(world.services)

    assert lines(told) == [
        ("accepted", 0, "intake"),
        ("claimed", 1, "queue"),
        ("downloaded", 1, "downloading"),
        ("compressed", 1, "encoding"),
        ("stored", 1, "storing"),
        ("completed", 1, "storing"),
        ("upload_deleted", 1, "storing"),
        ("expired", 1, "sweep"),
    ]


def test_the_life_of_a_job_whose_worker_died_is_told_in_order(
    world: World, photo: bytes, told, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    with monkeypatch.context() as patch:
        patch.setattr(world.services.uploads, "download", failing(SystemExit()))
        with pytest.raises(SystemExit):
            run_attempt(world.services, message)
    world.clock.advance(seconds=world.services.settings.lease_s + 2)

    rescue(world.services)
    for again in world.take_messages():
        run_attempt(world.services, again)

    assert lines(told)[:4] == [
        ("accepted", 0, "intake"),
        ("claimed", 1, "queue"),
        ("rescued", 1, "sweep"),
        ("claimed", 2, "queue"),
    ]
    assert lines(told)[-1] == ("upload_deleted", 2, "storing")


def test_every_line_has_the_same_fields_and_ends_with_them(
    world: World, photo: bytes, told
) -> None:
    message = world.accept("folder/ä b [action=failed].png", photo)
    told.clear()

    run_attempt(world.services, message)

    key = world.job("folder/ä b [action=failed].png").key
    for each in told:
        values = {name: getattr(each, name) for name in FIELDS}
        assert (values["job"], values["code"]) == (key, "")
        assert isinstance(values["duration_ms"], int)
        tail = " ".join(f"{name}={value}" for name, value in values.items())
        assert re.search(rf" \[{re.escape(tail)}( \w+=\S+)*\]$", each.getMessage())
    (completed,) = [each for each in told if each.action == "completed"]
    assert (completed.file_type, completed.compression_ratio < 1) == ("png", True)


def test_the_steps_of_an_attempt_take_no_longer_than_the_attempt(
    world: World, photo: bytes, told
) -> None:
    message = world.accept("a.png", photo)

    run_attempt(world.services, message)

    took_ms = {each.action: each.duration_ms for each in told if hasattr(each, "attempt")}
    steps_ms = took_ms["downloaded"] + took_ms["compressed"] + took_ms["stored"]
    assert 0 < steps_ms <= took_ms["completed"] + len(took_ms)  # each is rounded


def test_a_failure_is_one_warning_with_its_code_and_the_stage(
    world: World, photo: bytes, told
) -> None:
    message = world.accept("broken.png", photo[: len(photo) // 3])
    told.clear()

    run_attempt(world.services, message)

    assert [each.action for each in told] == ["claimed", "downloaded", "failed"]
    failed = told[-1]
    assert (failed.levelname, failed.code, failed.exc_info) == ("WARNING", "CORRUPT", None)
    assert failed.stage in {"probing", "encoding"}


def test_a_surprise_is_an_error_with_its_traceback_and_without_secrets(
    world: World, photo: bytes, told, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    surprise = HttpResponseError("GET http://host/processed/a.webp?sv=1&sig=abc%2Bdef%3D&se=2")
    monkeypatch.setattr(world.services.uploads, "download", failing(surprise))
    told.clear()

    run_attempt(world.services, message)

    assert [each.action for each in told] == ["claimed", "requeued"]
    requeued = told[-1]
    assert (requeued.levelname, requeued.code) == ("ERROR", "UNEXPECTED")
    assert requeued.exc_info
    assert "sig=...&se=2" in requeued.getMessage()
    assert "sig=...&se=2" in requeued.exc_text
    assert "abc%2Bdef" not in requeued.getMessage() + requeued.exc_text


def test_the_attempts_of_a_job_are_told_apart(
    world: World, photo: bytes, told, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.accept("a.png", photo)
    told.clear()
    with monkeypatch.context() as patch:
        patch.setattr(world.services.uploads, "download", failing(StorageUnavailableError()))
        run_attempt(world.services, message)

    world.clock.advance(minutes=3)
    run_attempt(world.services, message)

    assert lines(told)[:3] == [
        ("claimed", 1, "queue"),
        ("requeued", 1, "downloading"),
        ("claimed", 2, "queue"),
    ]
    assert told[1].code == "STORAGE_UNAVAILABLE"


def test_no_line_of_a_job_holds_a_secret(world: World, photo: bytes, told) -> None:
    settings = world.services.settings
    account_key = (settings.connection_string or "").partition("AccountKey=")[2].partition(";")[0]

    run_attempt(world.services, world.accept("a.png", photo))

    text = "\n".join(each.getMessage() for each in told)
    assert len(account_key) > 20
    assert account_key not in text
    assert settings.api_key.get_secret_value() not in text
    assert "sig=" not in text


def test_an_action_is_one_word_for_a_query() -> None:
    assert [each for each in Action if not re.fullmatch(r"[a-z_]+", each)] == []
