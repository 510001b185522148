"""One run: a world made from a seed, faults for some minutes, then calm until nothing moves."""

import logging
import random
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from harness.chaos.history.event import History
from harness.chaos.simulation.changers import Changers
from harness.chaos.simulation.clients import Clients
from harness.chaos.simulation.clock import Clock
from harness.chaos.simulation.craft import Craft
from harness.chaos.simulation.destinations import Destinations, drawn
from harness.chaos.simulation.host import Host
from harness.chaos.simulation.machines import Machines
from harness.chaos.simulation.scheduler import EndlessError, Scheduler
from harness.chaos.simulation.seams import SMALL_BELOW_BYTES, in_virtual_time
from harness.chaos.simulation.subscribers import Subscribers
from harness.chaos.simulation.weather import forecast, hastened
from harness.chaos.simulation.wire import EPOCH, Wire
from harness.storage.account import Account
from harness.storage.blobs import RESULTS, UPLOADS, BlobStore
from harness.storage.queues import Queues
from harness.storage.tables import Tables
from integrations.alarm_table import ALARMS_TABLE
from integrations.columns import plain
from integrations.endpoint_table import PARTITION as ENDPOINTS
from integrations.job_index import INDEX_TABLES
from integrations.outbox_row import BREAKER, DUE
from integrations.outbox_table import OUTBOX_TABLE
from settings import Settings
from worker.log import log
from worker.work_folder import OWN_FOLDER

# For results as in production; for failures shorter, and sometimes so that they end amid faults.
RETENTION_S = 600.0
FAILED_RETENTIONS_S = (3600.0, 720.0)
HISTORY_RETENTIONS_S = (30 * 86_400.0, 30.0)
MOST_STEPS = 60_000
TICK_S = 300.0
RESCUE_TICK_S = 30.0
# How long after the last fault every job must be answered, and every trace gone.
ANSWERED_AFTER_S = 3 * 3600.0
REST_AFTER_S = 31 * 86_400.0  # the longest of all delays
# What is known of deliveries goes at the end of a day, and what waited then a day later.
DAY_S = 86_400.0
AFTER_DELIVERIES_S = (3 * DAY_S, TICK_S, DAY_S, TICK_S)
# For how long after the last fault the quick timer ticks, too, while events are under way.
TOLD_AFTER_S = 1800.0
SLOW_TICK_S = TICK_S + 1.0  # of the slow timer alone

# Takes something out of the code while the block runs.
Lack = Callable[[], AbstractContextManager[None]]


@dataclass(slots=True)
class World:
    """Everything that one run consists of."""

    scheduler: Scheduler
    wire: Wire
    account: Account
    machines: Machines
    host: Host
    folder: Path
    destinations: Destinations


def simulate(seed: int, lack: Lack = nullcontext, *, in_words: bool = False) -> History:
    """The history of the run with that seed, always the same; `in_words` adds what the app logs."""
    rng = random.Random(seed)
    faults_end_s = rng.choice((rng.uniform(150, 600), rng.uniform(600, 1500)))
    retries, failed_retention_s = rng.choice((3, 3, 5)), rng.choice(FAILED_RETENTIONS_S)
    history = History(EPOCH, RETENTION_S, failed_retention_s, retries)
    history.history_retention_s = rng.choice(HISTORY_RETENTIONS_S)
    history.small_below_bytes = SMALL_BELOW_BYTES
    scheduler = Scheduler(MOST_STEPS)
    weather = forecast(rng, faults_end_s)
    if history.history_retention_s < RETENTION_S:
        weather = hastened(weather)
    wire = Wire(scheduler, weather, history)
    blobs = BlobStore(wire, {UPLOADS: {}, RESULTS: {}})
    account = Account(blobs, Tables(wire), Queues(wire))
    machines = Machines(wire, rng)
    host = Host(wire, machines, account.queues, blobs)
    craft = Craft(wire, rng, rng.choice((1, 15, 15, 60)), rng.choice((0, 0, 0.3)))
    level = log.level
    log.setLevel(logging.INFO if in_words else logging.ERROR)
    folder = Path(tempfile.mkdtemp(dir=_quick_folder()))
    destinations = drawn(wire, seed)
    world = World(scheduler, wire, account, machines, host, folder, destinations)
    server = destinations.platform.server if destinations.platform else None
    try:
        with in_virtual_time(wire, craft, account.clients(), server), lack():
            _add_machines(world, rng)
            clients = Clients(wire, host, machines, blobs, rng)
            _add_who_is_told(world, clients, faults_end_s)
            _plan(world, clients, seed, faults_end_s)
            _run(world, faults_end_s)
    finally:
        log.setLevel(level)
        scheduler.end()
        shutil.rmtree(folder)
    return history


def _add_who_is_told(world: World, clients: Clients, faults_end_s: float) -> None:
    """Receivers of webhooks, and a learning platform to which results are brought."""
    receivers, platform = world.destinations.receivers, world.destinations.platform
    if receivers:
        subscribers = Subscribers(world.wire, world.machines, receivers, receivers.chance)
        subscribers.prepare()
        subscribers.plan(faults_end_s)
        clients.metadata = subscribers.metadata
    if platform:
        platform.prepare(world.machines, clients, faults_end_s)


def _add_machines(world: World, rng: random.Random) -> None:
    history = world.wire.history
    lease_s, heartbeat_s = rng.choice(((45, 10), (45, 10), (9, 3)))
    promised: dict[str, Any] = {
        "max_retry_attempts": history.max_retries,
        "processed_retention_minutes": round(history.retention_s / 60),
        "failed_retention_hours": history.failed_retention_s / 3600,
        "history_retention_days": history.history_retention_s / 86_400,
        "lease_s": lease_s,
        "heartbeat_s": heartbeat_s,
    }
    promised |= world.destinations.settings
    clocks: dict[str, Clock] = {}
    for number in range(rng.choice((1, 2, 2, 3))):
        name = f"machine {number + 1}"
        work_dir = world.folder / name
        own = _settings().model_copy(update=promised | {"work_dir": work_dir})
        clock = Clock(world.wire, rng.uniform(-1, 1) * world.wire.weather.skew_s)
        world.machines.add(name, partial(world.destinations.connected, own, clock))
        clocks[name] = clock
    if world.wire.weather.skew_s:
        world.wire.on_answer = lambda process, *times: clocks[
            process.partition(" worker")[0]
        ].answered(*times)


def _plan(world: World, clients: Clients, seed: int, end_s: float) -> None:
    """Who does what; each by a chance of its own, so that one does not change the others."""
    clients.plan(0.9 * end_s)
    changers = Changers(world.wire, world.machines, random.Random(f"changers {seed}"))
    changers.plan(0.9 * end_s)
    clients.ask_late(random.Random(f"polls {seed}"), end_s)
    world.machines.plan_stops(random.Random(f"stops {seed}"), end_s)


def _run(world: World, faults_end_s: float) -> None:
    scheduler, wire = world.scheduler, world.wire
    try:
        _tick_until(world, faults_end_s, wire.weather.sweep_every_s)
        wire.who = "nobody"
        wire.weather.is_calm = True
        wire.note("calm")
        answered_by_s = scheduler.now_s + ANSWERED_AFTER_S
        while not _is_answered(world) and scheduler.now_s < answered_by_s:
            _tick_until(world, scheduler.now_s + TICK_S, TICK_S)
        _deliver_all(world)
        expired_by_s = scheduler.now_s + wire.history.retention_s + 2 * TICK_S
        every_s = SLOW_TICK_S if world.destinations.receivers else TICK_S
        while not _is_expired(world) and scheduler.now_s < max(expired_by_s, _held_until_s(world)):
            _tick_until(world, scheduler.now_s + every_s, every_s)
        for wait_s in (wire.history.failed_retention_s, TICK_S, TICK_S):
            if not _is_expired(world):
                _tick_until(world, scheduler.now_s + wait_s, wait_s)
        for wait_s in (
            REST_AFTER_S,
            TICK_S,
            *(AFTER_DELIVERIES_S if world.destinations.receivers else ()),
        ):
            if not (_is_expired(world) and _is_empty(world)):
                _tick_until(world, scheduler.now_s + wait_s, wait_s)
    except EndlessError as error:
        wire.note("surprise", "the run", error=str(error))
    wire.note(
        "rest",
        alarms=len(world.account.tables.rows.get(ALARMS_TABLE, {})),
        folders=len(list(world.folder.glob(f"*/{OWN_FOLDER}/*"))),
        messages={
            queue: world.account.queues.count(queue) for queue in world.account.queues.messages
        },
    )


def _tick_until(world: World, end_s: float, every_s: float) -> None:
    """Runs until then, with the timers' ticks; in times of an hour and more only where they end."""
    scheduler = world.scheduler
    while scheduler.now_s < end_s:
        tick_s = min(end_s, scheduler.now_s + every_s)
        _rescue_until(world, tick_s, every_s)
        world.host.sweep_somewhere()
    _rescue_until(world, end_s + 60, every_s)


def _rescue_until(world: World, end_s: float, sweep_every_s: float) -> None:
    scheduler = world.scheduler
    while sweep_every_s <= TICK_S and scheduler.now_s + RESCUE_TICK_S < end_s:
        scheduler.run_until(scheduler.now_s + RESCUE_TICK_S)
        world.host.rescue_somewhere()
    scheduler.run_until(end_s)


def _is_answered(world: World) -> bool:
    rows = world.account.tables.jobs()
    return (
        all(row["status"] in ("completed", "failed") for row in rows)
        and {blob.etag for blob in world.account.blobs.containers[UPLOADS].values()}
        <= {row["upload_etag"] for row in rows}
        and not any(machine.invocations for machine in world.machines.all)
    )


def _deliver_all(world: World) -> None:
    """Until nothing is under way: at first with the ticks of both timers, then with those of one.

    Some receivers are never well again; what waits for them is given up in the end.
    """
    scheduler, receivers = world.scheduler, world.destinations.receivers
    if receivers is None:
        return
    quick_s = scheduler.now_s + TOLD_AFTER_S
    given_up_s = quick_s + world.wire.history.hold_s + TOLD_AFTER_S
    while _outbox(world, DUE) and scheduler.now_s < given_up_s:
        every_s = TICK_S if scheduler.now_s < quick_s else SLOW_TICK_S
        _tick_until(world, scheduler.now_s + every_s, every_s)


def _held_until_s(world: World) -> float:
    """Until when a result is kept for who was told late, and found by a tick."""
    held = (row.get("keep_until") for row in world.account.tables.jobs())
    latest = max((plain(at) for at in held if at), default=EPOCH)
    return world.wire.history.seconds(latest) + 2 * SLOW_TICK_S


def _outbox(world: World, begin: str = "") -> list[str]:
    """The keys of rows that are to go, and begin so."""
    rows = world.account.tables.rows.get(OUTBOX_TABLE, {})
    return [
        key
        for partition, key in rows
        if partition != ENDPOINTS and key != BREAKER and key.startswith(begin)
    ]


def _is_empty(world: World) -> bool:
    """Whether nothing is left in any table but endpoints, what is known of them, and the index."""
    rows = world.account.tables.rows
    others = [name for name in rows if name != OUTBOX_TABLE and not name.startswith(INDEX_TABLES)]
    return not (_outbox(world) or any(rows[name] for name in others))


def _is_expired(world: World) -> bool:
    """Whether only the history is left."""
    stores = [
        world.account.tables.jobs(),
        *world.account.blobs.containers.values(),
        *world.account.queues.messages.values(),
    ]
    return not any(stores) and not list(world.folder.glob("*/*"))


@cache
def _settings() -> Settings:
    given = {
        "API_KEY": "0123456789abcdef-simulated",
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    }
    return Settings.model_validate(given)


@cache
def _quick_folder() -> str | None:
    """In memory where there is such a place."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
