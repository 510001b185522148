"""The machines that run the app: a worker process on each, which dies, pauses and comes back."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from errors import StorageUnavailableError, WorkerStoppedError
from harness.chaos.simulation.scheduler import Actor, Killed, Process
from harness.chaos.simulation.wire import Wire
from lifecycle.services import Services

# batchSize + newBatchThreshold of host.json
MOST_INVOCATIONS = 3
FUNCTION_TIMEOUT_S = 1800.0

Work = Callable[[Services], object]


@dataclass(slots=True, eq=False)
class Invocation:
    """One run of a function; `ended` is told whether it returned."""

    name: str
    ended: Callable[[bool], None]
    is_over: bool = False


@dataclass(slots=True, eq=False)
class Machine:
    """A host and its worker."""

    name: str
    connect: Callable[[], Services]  # as a new worker does
    worker: Process
    services: Services
    is_up: bool = True
    invocations: list[Invocation] = field(default_factory=list)


class Machines:
    """Starts invocations, and ends them the way that processes end."""

    def __init__(self, wire: Wire, rng: random.Random) -> None:
        self._wire, self._rng = wire, rng
        self._scheduler = wire.scheduler
        self.all: list[Machine] = []
        self.on_start: Callable[[Machine], None] = lambda machine: None
        self._numbers = 0
        wire.kill = self.kill
        wire.scheduler.on_error = self._thread_failed

    def add(self, name: str, connect: Callable[[], Services]) -> Machine:
        """A machine that is up."""
        worker = self._scheduler.process(f"{name} worker 1")
        machine = Machine(name, connect, worker, connect())
        self.all.append(machine)
        self._wire.who = worker.name
        self._wire.note("machine up", name)
        return machine

    def free(self) -> Machine | None:
        """One with room for another invocation, if there is any."""
        able = [
            each for each in self.all if each.is_up and len(each.invocations) < MOST_INVOCATIONS
        ]
        return self._rng.choice(able) if able else None

    def invoke(
        self, machine: Machine, name: str, work: Work, ended: Callable[[bool], None]
    ) -> Invocation:
        """Runs `work` in the machine's worker."""
        self._numbers += 1
        invocation = Invocation(f"{machine.name} {name} #{self._numbers}", ended)
        machine.invocations.append(invocation)

        def run() -> None:
            is_good = self._returns(invocation, machine, work)
            self._end(machine, invocation, is_good)

        self._scheduler.start(machine.worker, invocation.name, run)
        self._scheduler.at(
            self._scheduler.now_s + FUNCTION_TIMEOUT_S,
            lambda: None if invocation.is_over else self._time_out(machine),
        )
        return invocation

    def kill(self, process_name: str) -> None:
        """Ends a worker, and its machine with it or not, as the weather has it."""
        for machine in self.all:
            if machine.worker.name == process_name and machine.worker.is_alive:
                self.crash(machine, whole=self._rng.random() < self._wire.weather.machine_dies)

    def crash(self, machine: Machine, *, whole: bool) -> None:
        """SIGKILL of the worker; of its host as well when `whole`."""
        self._wire.who = machine.worker.name
        self._wire.note("trouble", "killed, and its machine" if whole else "killed")
        self._scheduler.kill(machine.worker)
        machine.is_up = False
        lost, machine.invocations = machine.invocations, []
        for invocation in lost:
            invocation.is_over = True
            if not whole:
                self._soon(0.2, partial(invocation.ended, False))
        self._soon(self._rng.uniform(1, 90 if whole else 10), lambda: self._start(machine))

    def plan_stops(self, chance: random.Random, end_s: float) -> None:
        """Deployments, and what scales in: workers that are told to end."""
        for _ in range(chance.choice((0, 0, 0, 1, 1, 3))):
            # Most of what there is to interrupt happens early.
            at_s = chance.random() * chance.choice((60.0, end_s))
            self._scheduler.at(at_s, lambda: self.stop(chance.choice(self.all)))

    def stop(self, machine: Machine) -> None:
        """SIGTERM to the worker: its attempts let go of their jobs before it ends."""
        if not machine.is_up:
            return
        self._wire.who = machine.worker.name
        self._wire.note("trouble", "told to end")
        worker = machine.worker

        def end() -> None:
            if worker.is_alive:
                self.crash(machine, whole=False)

        def drain() -> None:
            machine.services.shutdown.drain()
            self._soon(0, end)

        self._scheduler.start(worker, f"{machine.name} stopping", drain)

    def _start(self, machine: Machine) -> None:
        number = int(machine.worker.name.rpartition(" ")[2]) + 1
        machine.worker = self._scheduler.process(f"{machine.name} worker {number}")
        machine.services = machine.connect()
        machine.is_up = True
        self._wire.who = machine.worker.name
        self._wire.note("machine up", machine.name)
        self.on_start(machine)

    def _time_out(self, machine: Machine) -> None:
        """The host ends a worker whose function takes too long; its message is lost with it."""
        if machine.is_up:
            self.crash(machine, whole=True)

    def _returns(self, invocation: Invocation, machine: Machine, work: Work) -> bool:
        try:
            work(machine.services)
        except (StorageUnavailableError, WorkerStoppedError):
            return False
        except Exception as error:  # noqa: BLE001 -- what the host would log
            self._wire.who = invocation.name
            self._wire.note("surprise", "it was not caught", error=repr(error))
            return False
        if not machine.worker.is_alive:
            raise Killed
        return True

    def _thread_failed(self, thread: Actor, error: Exception) -> None:
        self._wire.who = thread.name
        self._wire.note("surprise", "it was not caught", error=repr(error))

    def _end(self, machine: Machine, invocation: Invocation, is_good: bool) -> None:
        invocation.is_over = True
        machine.invocations.remove(invocation)
        self._scheduler.at(self._scheduler.now_s, lambda: invocation.ended(is_good))

    def _soon(self, seconds: float, callback: Callable[[], None]) -> None:
        self._scheduler.at(self._scheduler.now_s + seconds, callback)
