"""Runs coroutines on the side without losing them or their errors."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from devhost import console

_running: set[asyncio.Task[Any]] = set()


def start(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """The running task. An error that nobody expects is told: it is a defect of devhost."""
    task = asyncio.create_task(work)
    # The loop itself holds tasks only weakly.
    _running.add(task)
    task.add_done_callback(_end)
    return task


def _end(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and task.exception() is not None:
        console.log(f"devhost has a defect: {task.exception()!r}")
