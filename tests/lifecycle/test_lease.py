"""The lease: it shows that an attempt lives, ends when it does not, and fences who overslept."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from azure.core.exceptions import ServiceResponseTimeoutError
from azure.core.pipeline.transport import RequestsTransport

from integrations.storage import TIMEOUTS
from jobs.job import FencedError
from jobs.stage import Stage
from lifecycle.attempt import run_attempt
from lifecycle.claim import Claim

from .conftest import World


def test_a_dead_attempt_is_taken_over_when_its_lease_ends(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)
    world.claim("a.png", "dead")

    run_attempt(world.services, message)
    assert world.job("a.png").lease.attempt_id == "dead"
    assert world.messages_waiting() == 1

    world.clock.advance(seconds=6)
    run_attempt(world.services, message)
    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 2)


def test_a_job_that_kills_every_worker_is_given_up(world: World, photo: bytes) -> None:
    message = world.accept("a.png", photo)

    for number in range(4):
        world.claim("a.png", f"dead {number}")
        world.clock.advance(seconds=6)
    run_attempt(world.services, message)

    assert (world.job("a.png").status, world.job("a.png").error_code) == ("failed", "WORKER_LOST")


def test_a_claim_that_lost_its_job_cannot_write(world: World, photo: bytes) -> None:
    world.accept("a.png", photo)
    sleeper = Claim(world.services, world.claim("a.png", "a"))
    world.claim("a.png", "b")

    with pytest.raises(FencedError):
        sleeper.update(world.heartbeat(50))
    with pytest.raises(FencedError):
        sleeper.report(Stage.ENCODING, 51)
    assert world.job("a.png").lease.attempt_id == "b"


@pytest.mark.azurite
def test_a_lease_outlives_two_heartbeats_that_hang(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = world.services.settings.model_copy(update={"lease_s": 60})
    services = replace(world.services, settings=settings)
    world.accept("a.png", photo)
    claim = Claim(services, world.claim("a.png", "a", timedelta(seconds=60)))
    was_leased, is_beaten, send = [], threading.Event(), RequestsTransport.send

    def hang(transport, request, **options):
        if request.method != "PUT":
            return send(transport, request, **options)
        if len(was_leased) < 4:  # two heartbeats, of two tries each
            world.clock.advance(seconds=options.get("read_timeout", TIMEOUTS["read_timeout"]))
            was_leased.append(world.job("a.png").is_leased(world.clock()))
            raise ServiceResponseTimeoutError("no answer")
        is_beaten.set()
        return send(transport, request, **options)

    monkeypatch.setattr(RequestsTransport, "send", hang)
    with claim.heartbeats():
        assert is_beaten.wait(60)

    assert was_leased == [True] * 4
    assert world.job("a.png").is_leased(world.clock())


def test_heartbeats_renew_the_lease_and_show_progress(world: World, photo: bytes) -> None:
    world.accept("a.png", photo)
    job = world.claim("a.png", "a")
    claim = Claim(world.services, job)

    with claim.heartbeats():
        claim.report(Stage.ENCODING, 41.26)
        threading.Event().wait(1.5)

    stored = world.job("a.png")
    assert (stored.stage, stored.progress) == ("encoding", 41.3)
    assert stored.lease.until > job.lease.until
