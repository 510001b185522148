"""What this process does at which endpoint: whom to look at, what to send, how much at a time.

Every endpoint has a lane of its own, and they take turns: one that is dead or busy delays nobody.
"""

import threading
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from jobs.breaker import CLOSED, Breaker
from jobs.delivery import Delivery

MOST_PER_ENDPOINT = 4


@dataclass(slots=True, eq=False)
class Lane:
    """One endpoint, while this process has to do with it."""

    endpoint_id: str
    # Held while what the breaker says is stored, so that its last word is the last one stored.
    lock: threading.Lock
    must_look: bool = True  # whether anything may be due that is not in `due`
    is_looking: bool = False
    due: deque[Delivery] = field(default_factory=deque)
    sending: set[str] = field(default_factory=set)  # ids
    breaker: Breaker = CLOSED

    def may_send(self, now: datetime) -> bool:
        """Whether one more delivery may be sent there; while it is half open, one alone."""
        most = MOST_PER_ENDPOINT if self.breaker.is_closed else 1
        return bool(self.due) and len(self.sending) < most and not self.breaker.is_open(now)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.must_look or self.is_looking or self.due or self.sending)


@dataclass(frozen=True, slots=True)
class Task:
    """What a thread is to do: send the delivery, or, without one, look what is due."""

    lane: Lane
    delivery: Delivery | None = None


class Lanes:
    """All lanes of this process. Not safe by itself: who uses it holds a lock."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._lanes: dict[str, Lane] = {}
        self.running = 0

    def add(self, endpoint_ids: Iterable[str]) -> None:
        """Something may be due at these endpoints."""
        for endpoint_id in endpoint_ids:
            lane = self._lanes.setdefault(endpoint_id, Lane(endpoint_id, threading.Lock()))
            lane.must_look = True

    def take(self, now: datetime) -> Task | None:
        """The next thing to begin, the endpoints in turns; None when none may begin now."""
        if self.running >= self._slots:
            return None
        for lane in list(self._lanes.values()):
            if task := self._task_of(lane, now):
                # It goes to the end of the line.
                self._lanes[lane.endpoint_id] = self._lanes.pop(lane.endpoint_id)
                self.running += 1
                return task
        return None

    def looked(self, lane: Lane, breaker: Breaker, due: Iterable[Delivery], *, more: bool) -> None:
        """A look has ended: what it found, and whether there is more."""
        lane.breaker = breaker
        lane.due = deque(each for each in due if each.id not in lane.sending)
        lane.must_look |= more

    def ended(self, task: Task, now: datetime) -> None:
        """The task has ended, however it did."""
        self.running -= 1
        lane = task.lane
        if task.delivery:
            lane.sending.discard(task.delivery.id)
        else:
            lane.is_looking = False
        if lane.breaker.is_open(now):
            lane.due.clear()  # its alarm finds them when the window is over
            lane.must_look = False
        if lane.is_over:
            self._lanes.pop(lane.endpoint_id, None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to do."""
        return not self._lanes

    def leave(self) -> list[str]:
        """Forgets what has not begun; returns the endpoints at which something was left."""
        left = [lane for lane in self._lanes.values() if lane.must_look or lane.due]
        for lane in left:
            lane.must_look = False
            lane.due.clear()
            if lane.is_over:
                del self._lanes[lane.endpoint_id]
        return [lane.endpoint_id for lane in left]

    @staticmethod
    def _task_of(lane: Lane, now: datetime) -> Task | None:
        if lane.may_send(now):
            delivery = lane.due.popleft()
            lane.sending.add(delivery.id)
            return Task(lane, delivery)
        if lane.must_look and not lane.is_looking and not lane.due:
            lane.must_look, lane.is_looking = False, True
            return Task(lane)
        return None


class Dispatcher:
    """The lanes of this process, and whether somebody leads; made once for all."""

    def __init__(self, slots: int) -> None:
        self.lock = threading.Lock()
        self.lanes = Lanes(slots)
        self.is_led = False
        self.something_ended = threading.Event()

    def add(self, endpoint_ids: Collection[str]) -> bool:
        """Takes the endpoints up; returns whether the caller leads from now on."""
        with self.lock:
            self.lanes.add(endpoint_ids)
            leads, self.is_led = not self.is_led, True
        self.something_ended.set()
        return leads

    def next_task(self, now: datetime) -> Task | None:
        """What the leader begins; it leads no more when nothing is left."""
        with self.lock:
            task = self.lanes.take(now)
            self.is_led = task is not None or not self.lanes.is_empty
            return task

    def resign(self) -> list[str]:
        """Nobody leads any more; returns the endpoints at which something was left."""
        with self.lock:
            self.is_led = False
            return self.lanes.leave()
