"""An attempt that takes too long gives up by itself, before the host ends its whole worker."""

import pytest

from jobs.deadline import WORK_LIMIT_S
from lifecycle import claim, failpoints
from lifecycle.attempt import run_attempt
from lifecycle.failpoints import Point
from worker.work_folder import OWN_FOLDER

from .conftest import World


@pytest.mark.parametrize(
    "during",
    [Point.CLAIMED, Point.DOWNLOADED, Point.ANNOUNCED, Point.STORED],
    ids=["download", "compression", "upload", "reading back"],
)
def test_an_attempt_that_takes_too_long_ends_as_a_timeout_and_is_repeated(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch, during: Point
) -> None:
    message = world.accept("a.png", photo)

    def reached(point: Point) -> None:
        if point is during:
            monkeypatch.setattr(claim.Claim, "age_s", property(lambda _: WORK_LIMIT_S + 1))

    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "reached", reached)
        run_attempt(world.services, message)
    monkeypatch.undo()

    job = world.job("a.png")
    assert (job.status, job.error_code, job.lighter_steps) == ("queued", "TIMEOUT", 0)
    assert not list((world.services.settings.work_dir / OWN_FOLDER).iterdir())
    world.clock.advance(minutes=3)
    run_attempt(world.services, message)
    assert (world.job("a.png").status, world.job("a.png").attempts) == ("completed", 2)
