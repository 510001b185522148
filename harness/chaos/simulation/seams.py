"""Where the app's own code meets the simulation: clients, threads, chance and compression."""

import importlib
import logging
import pkgutil
import random
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

from errors import MediaProcessorError
from harness.chaos.simulation import far_server
from harness.chaos.simulation.craft import Craft, Mishap
from harness.chaos.simulation.primitives import Threading
from harness.chaos.simulation.wire import EPOCH, Wire
from integrations import stored_content
from integrations.destinations import sftp
from integrations.sftp_session import session
from integrations.storage import blob_service, queue_client, table_client
from integrations.uploads import UploadChangedError
from jobs import message
from jobs.job import FencedError
from processing.compress import compress
from worker.log import log
from worker.stray_processes import kill_processes_in

ROOMS = ("jobs", "worker", "integrations", "lifecycle")
# Simulated files are tiny: this makes some of them large ones, for the other queue.
LANES, SMALL_BELOW_BYTES = "HIGH_PRIORITY_BELOW_BYTES", 18
EXPECTED = (MediaProcessorError, FencedError, UploadChangedError, Mishap)


# What makes several requests of a tiny file.
SIZES: list[tuple[ModuleType, str, int]] = [
    (sftp, "UNANSWERED_BYTES", far_server.UNANSWERED_BYTES),
    (sftp, "NOT_TRUSTED_BYTES", far_server.NOT_TRUSTED_BYTES),
    (stored_content, "SENT_PIECE_BYTES", far_server.PIECE_BYTES),
]


@contextmanager
def in_virtual_time(
    wire: Wire,
    craft: Craft,
    storage: dict[Callable[..., Any], Callable[..., Any]],
    server: far_server.FarServer | None = None,
) -> Iterator[None]:
    """Within the block the rooms know no real thread, chance, folder's end or storage.

    Whatever module of theirs imported one of these things has it replaced, so that code may move.
    """
    chance = random.Random(wire.weather.rng.random())
    stand_ins = {
        id(threading): Threading(wire.scheduler),
        id(random): SimpleNamespace(random=chance.random, uniform=chance.uniform),
        id(uuid.uuid4): lambda: UUID(int=chance.getrandbits(128), version=4),
        id(time): _virtual_time(wire),
        id(shutil): _deadly_shutil(wire),
        id(compress): craft.compress,
        id(kill_processes_in): lambda folders: 0,  # nobody works there but ourselves
    } | {id(real): fake for real, fake in storage.items()}
    places = [(*place, stand_ins[id(place[2])]) for place in _places()]
    places.append((message, LANES, getattr(message, LANES), SMALL_BELOW_BYTES))
    places += [(module, name, getattr(module, name), size) for module, name, size in SIZES]
    if server:
        places.append((sftp, "session", session, server.session))
    for module, name, _, stand_in in places:
        setattr(module, name, stand_in)
    handler = Listener(wire)
    log.addHandler(handler)
    propagated, log.propagate = log.propagate, False
    try:
        yield
    finally:
        log.propagate = propagated
        log.removeHandler(handler)
        for module, name, real, _ in places:
            setattr(module, name, real)


@cache
def _places() -> list[tuple[ModuleType, str, Any]]:
    reals = (
        threading,
        random,
        time,
        uuid.uuid4,
        shutil,
        compress,
        kill_processes_in,
        blob_service,
        queue_client,
        table_client,
    )
    known = {id(real) for real in reals}
    return [
        (module, name, value)
        for module in _modules()
        for name, value in vars(module).items()
        if id(value) in known and module.__name__ != getattr(value, "__module__", None)
    ]


def _modules() -> Iterator[ModuleType]:
    for room in ROOMS:
        package = importlib.import_module(room)
        for each in pkgutil.walk_packages(package.__path__, f"{room}."):
            yield importlib.import_module(each.name)


def _virtual_time(wire: Wire) -> SimpleNamespace:
    """Years ahead of the real one, by which every file looks old: locks alone protect folders."""
    return SimpleNamespace(
        time=lambda: EPOCH.timestamp() + wire.scheduler.now_s,
        monotonic=lambda: wire.scheduler.now_s,
        perf_counter=lambda: wire.scheduler.now_s,
        sleep=wire.scheduler.sleep,
    )


def _deadly_shutil(wire: Wire) -> SimpleNamespace:
    """A dead process cannot tidy up."""

    def rmtree(*args: Any, **options: Any) -> None:
        actor = wire.scheduler.current
        if actor is not None and not actor.process.is_alive:
            return
        shutil.rmtree(*args, **options)

    return SimpleNamespace(rmtree=rmtree, disk_usage=lambda _: SimpleNamespace(free=1 << 40))


class Listener(logging.Handler):
    """Writes down what the app logs, and every exception in there that nobody foresaw."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def emit(self, record: logging.LogRecord) -> None:
        actor = self._wire.scheduler.current
        self._wire.who = actor.name if actor else "nobody"
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, EXPECTED):
            self._wire.note("surprise", record.getMessage(), error=repr(error))
        else:
            self._wire.note("log", record.getMessage())
