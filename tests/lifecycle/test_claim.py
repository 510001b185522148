"""An attempt's hold on its job: what survives a lost answer, and what nobody else may end."""

import time
from dataclasses import replace

import pytest

from errors import StorageUnavailableError
from jobs import transitions
from lifecycle.attempt import run_attempt
from lifecycle.claim import Claim
from lifecycle.intake import accept_blob
from lifecycle.poison import examine_poison

from .conftest import World


@pytest.fixture
def claim(world: World, photo: bytes) -> Claim:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    return Claim(world.services, world.claim("a.png", "mine"))


def test_a_heartbeat_whose_answer_was_lost_does_not_cost_the_job(
    world: World, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = world.services.jobs.replace

    def lose_the_answer(job):
        write(job)
        raise StorageUnavailableError

    monkeypatch.setattr(world.services.jobs, "replace", lose_the_answer)
    with pytest.raises(StorageUnavailableError):
        claim.update(world.heartbeat(1))
    monkeypatch.undo()

    claim.update(world.heartbeat(2))

    assert (world.job("a.png").lease.attempt_id, world.job("a.png").progress) == ("mine", 2)


def test_a_doubt_of_the_sweep_does_not_cost_the_job(world: World, claim: Claim) -> None:
    world.services.jobs.replace(transitions.woken(world.job("a.png"), world.clock()))

    claim.update(world.heartbeat(2))

    assert world.job("a.png").progress == 2


def test_a_heartbeat_after_delivery_leaves_the_completed_row_alone(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    (message,) = world.take_messages()
    delete = world.services.uploads.delete

    def delete_slowly(name: str, etag: str) -> bool:
        time.sleep(1.5)
        return delete(name, etag)

    monkeypatch.setattr(world.services.uploads, "delete", delete_slowly)
    run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.stage, job.progress, job.lease) == ("completed", None, 100, None)


def test_poison_does_not_end_the_last_attempt_while_it_works(world: World, claim: Claim) -> None:
    (message,) = world.take_messages()
    claim.update(lambda job: replace(job, attempts=4))

    examine_poison(world.services, message)

    assert world.job("a.png").lease.attempt_id == "mine"
    assert world.job("a.png").status == "processing"
    assert world.messages_waiting() == 1
