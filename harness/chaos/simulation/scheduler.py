"""Virtual time: many threads of which one runs, and an order of events that is always the same."""

import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial


class Killed(BaseException):
    """The process of this thread is gone: nothing of it may have an effect any more."""


class EndlessError(Exception):
    """The run does not come to rest."""


# Of one process, all together: no verb may take as long as results are kept.
MOST_PAUSES_S = 400.0


@dataclass(slots=True, eq=False)
class Process:
    """What dies together and is stopped together."""

    name: str
    is_alive: bool = True
    paused_until: float = 0.0
    pauses_left_s: float = MOST_PAUSES_S
    actors: list["Actor"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Actor:
    """One thread of a simulated process."""

    name: str
    process: Process
    task: Callable[[], None]
    runner: "Runner | None" = None
    turn: int = 0  # an entry of the agenda with an older number does not count
    is_done: bool = False
    joined_by: list["Actor"] = field(default_factory=list)


class Runner:
    """A real thread that lends itself to one actor after the other."""

    def __init__(self) -> None:
        self.baton = threading.Lock()
        self.baton.acquire()
        self.work: Callable[[], None] = lambda: None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while True:
            self.baton.acquire()
            self.work()


IDLE_RUNNERS: list[Runner] = []


class Scheduler:
    """Runs what is due next, in the thread that has the baton."""

    def __init__(self, most_steps: int) -> None:
        self.now_s = 0.0
        self.current: Actor | None = None
        self._most_steps = most_steps
        self._steps = 0
        self._agenda: list[tuple[float, int, Actor | None, int, Callable[[], None] | None]] = []
        self._limit_s = 0.0
        self._main_baton = threading.Lock()
        self._main_baton.acquire()
        self._failure: BaseException | None = None
        self._processes: list[Process] = []
        # Told what ended a thread that nobody else watches; raises it, unless it is replaced.
        self.on_error: Callable[[Actor, Exception], None] = _raise

    def process(self, name: str) -> Process:
        """A new process without threads."""
        process = Process(name)
        self._processes.append(process)
        return process

    def at(self, when_s: float, callback: Callable[[], None]) -> None:
        """Calls back then; a callback must not wait for anything."""
        self._steps += 1
        heapq.heappush(self._agenda, (max(when_s, self.now_s), self._steps, None, 0, callback))

    def start(self, process: Process, name: str, task: Callable[[], None]) -> Actor:
        """A new thread in the process, which begins at once."""
        actor = Actor(name, process, task)
        process.actors.append(actor)
        self._schedule(actor, self.now_s)
        return actor

    def run_until(self, limit_s: float) -> None:
        """Returns when nothing is due up to then; raises what a callback raised."""
        self._limit_s = limit_s
        if self._pass_on(None) is not None:
            self._main_baton.acquire()
        self.current = None
        if self._failure:
            raise self._failure
        self.now_s = limit_s

    def end(self) -> None:
        """Unwinds every thread that is left, so that their runners are free again."""
        self._failure, self._steps = None, 0
        for process in self._processes:
            self.kill(process)
        self._agenda = [entry for entry in self._agenda if entry[2] is not None]
        heapq.heapify(self._agenda)
        self.run_until(self.now_s)

    @property
    def next_at_s(self) -> float | None:
        """When something is due next, or None."""
        return self._agenda[0][0] if self._agenda else None

    def sleep(self, seconds: float) -> None:
        """Lets others run; raises Killed when the process died meanwhile."""
        actor = self._living()
        self._schedule(actor, self.now_s + seconds)
        self._yield(actor)

    def wait(self, timeout_s: float | None) -> None:
        """Until wake() or, if there is one, the timeout."""
        actor = self._living()
        actor.turn += 1
        if timeout_s is not None:
            self._schedule(actor, self.now_s + timeout_s)
        self._yield(actor)

    def wake(self, actor: Actor) -> None:
        """Ends the actor's wait or sleep now."""
        self._schedule(actor, self.now_s)

    def kill(self, process: Process) -> None:
        """Ends the process: each of its threads unwinds without any effect."""
        process.is_alive = False
        for actor in process.actors:
            if not actor.is_done and actor is not self.current:
                self.wake(actor)

    def _living(self) -> Actor:
        actor = self.current
        assert actor is not None
        if not actor.process.is_alive:
            raise Killed
        return actor

    def _schedule(self, actor: Actor, when_s: float) -> None:
        actor.turn += 1
        self._steps += 1
        heapq.heappush(self._agenda, (when_s, self._steps, actor, actor.turn, None))

    def _yield(self, actor: Actor) -> None:
        runner = actor.runner
        assert runner is not None
        if self._pass_on(actor) is not actor:
            runner.baton.acquire()
        if not actor.process.is_alive:
            raise Killed

    def _pass_on(self, me: Actor | None) -> Actor | None:
        """Gives the baton to whom it is due; returns them, or None for the one that waits."""
        while (entry := self._next()) is not None:
            when_s, _, actor, _, callback = entry
            self.now_s = when_s
            if callback is not None:
                self.current = None
                self._call(callback)
            elif actor is not None and self._may_run(actor):
                self.current = actor
                if actor is not me:
                    self._hand_to(actor)
                return actor
        if me is not None:
            self.current = None
            self._main_baton.release()
        return None

    def _next(self) -> tuple[float, int, Actor | None, int, Callable[[], None] | None] | None:
        agenda = self._agenda
        while agenda and agenda[0][0] <= self._limit_s and self._failure is None:
            entry = heapq.heappop(agenda)
            actor = entry[2]
            if actor is None or (entry[3] == actor.turn and not actor.is_done):
                if self._steps > self._most_steps:
                    self._failure = EndlessError(f"more than {self._most_steps} steps")
                    return None
                return entry
        return None

    def _may_run(self, actor: Actor) -> bool:
        process = actor.process
        if process.is_alive and process.paused_until > self.now_s:
            self._schedule(actor, process.paused_until)
            return False
        if actor.runner is None and not process.is_alive:
            actor.is_done = True
            return False
        return True

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception as error:  # noqa: BLE001 -- it is raised in the main thread
            self._failure = error

    def _hand_to(self, actor: Actor) -> None:
        if actor.runner is None:
            runner = IDLE_RUNNERS.pop() if IDLE_RUNNERS else Runner()
            runner.work = lambda: self._play(actor, runner)
            actor.runner = runner
        actor.runner.baton.release()

    def _play(self, actor: Actor, runner: Runner) -> None:
        """In the actor's own thread, from its first step to its last."""
        try:
            actor.task()
        except Killed:
            pass
        except Exception as error:  # noqa: BLE001 -- it may be raised in the main thread
            self._call(partial(self.on_error, actor, error))
        actor.is_done = True
        actor.process.actors.remove(actor)
        for waiting in actor.joined_by:
            self.wake(waiting)
        IDLE_RUNNERS.append(runner)
        self._pass_on(actor)


def _raise(_: Actor, error: Exception) -> None:
    raise error
