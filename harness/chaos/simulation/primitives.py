"""Stands in for `threading` in the code under test: threads, events and locks in virtual time."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from harness.chaos.simulation.scheduler import Actor, Killed, Scheduler


@dataclass(frozen=True, slots=True)
class Threading:
    """What the module `threading` offers to the code under test."""

    scheduler: Scheduler

    def Thread(  # noqa: N802
        self,
        *,
        target: Callable[..., None],
        args: tuple[Any, ...] = (),
        name: str = "thread",
        **_: Any,
    ) -> "Thread":
        return Thread(self.scheduler, target, args, name)

    def Event(self) -> "Event":  # noqa: N802
        return Event(self.scheduler)

    def Lock(self) -> "Lock":  # noqa: N802
        return Lock(self.scheduler)

    RLock = None  # nobody needs one; who does must add it here


class Thread:
    """A thread of the process that starts it."""

    def __init__(
        self, scheduler: Scheduler, target: Callable[..., None], args: tuple[Any, ...], name: str
    ) -> None:
        self._scheduler, self._name = scheduler, name
        self._task = lambda: target(*args)
        self._actor: Actor | None = None

    def start(self) -> None:
        parent = self._scheduler.current
        assert parent is not None
        if not parent.process.is_alive:
            raise Killed
        name = f"{parent.name} {self._name}"
        self._actor = self._scheduler.start(parent.process, name, self._task)

    def join(self, timeout: float | None = None) -> None:
        me = self._scheduler.current
        assert me is not None
        assert self._actor is not None
        if not me.process.is_alive:
            raise Killed
        if not self._actor.is_done:
            self._actor.joined_by.append(me)
            self._scheduler.wait(timeout)

    def is_alive(self) -> bool:
        return self._actor is not None and not self._actor.is_done


class Event:
    """A flag to wait for."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._is_set = False
        self._waiting: list[Actor] = []

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        for actor in self._waiting:
            self._scheduler.wake(actor)
        self._waiting.clear()

    def clear(self) -> None:
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        me = self._scheduler.current
        assert me is not None
        if not self._is_set:
            self._waiting.append(me)
            self._scheduler.wait(timeout)
            if me in self._waiting:
                self._waiting.remove(me)
        return self._is_set


class Lock:
    """A lock; who waits for it is served in turn."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._is_held = False
        self._waiting: list[Actor] = []

    def acquire(self) -> bool:
        me = self._scheduler.current
        assert me is not None
        while self._is_held:
            self._waiting.append(me)
            self._scheduler.wait(None)
        self._is_held = True
        return True

    def release(self) -> None:
        self._is_held = False
        if self._waiting:
            self._scheduler.wake(self._waiting.pop(0))

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
