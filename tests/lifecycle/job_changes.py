"""What the tests share of what clients do to jobs."""

from collections.abc import Callable
from typing import Any

import pytest

from errors import MediaProcessorError
from jobs.job import Job
from lifecycle import failpoints
from lifecycle.attempt import run_attempt
from lifecycle.failpoints import Point
from lifecycle.job_verbs import cancel_job

from .conftest import World


class Death(BaseException):
    """What ends a process is no Exception."""


def acting(monkeypatch: pytest.MonkeyPatch) -> Callable[[Point, Callable[[], object]], None]:
    """Does something when that moment comes for the first time."""

    def set_at(wanted: Point, act: Callable[[], object]) -> None:
        acts = [act]

        def reached(point: Point) -> None:
            if point is wanted and acts:
                acts.pop()()

        monkeypatch.setattr(failpoints, "reached", reached)

    return set_at


def die() -> None:
    raise Death


def code(verb: Callable[..., Any], world: World, *args: Any, **options: Any) -> str:
    """Of the refusal, or nothing."""
    try:
        verb(world.services, *args, **options)
    except MediaProcessorError as error:
        return error.code
    return ""


def results(world: World) -> list[str]:
    return [each.name for each in world.services.results.all()]


def cancelled(world: World, name: str) -> Job:
    """Of which the upload was kept."""
    return cancel_job(world.services, name, keep=True)


def run_all(world: World) -> None:
    for message in world.take_messages():
        run_attempt(world.services, message)
