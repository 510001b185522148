"""Measures what receivers get: in time beside dead ones, and all that is theirs on the schedule."""

import argparse
import heapq
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice, pairwise

from benchmarks.support.telling import Account, account, listening, tell, webhook
from harness.result import Conditions, Figure, Result, Table, keep, percentile
from harness.rig.receiver import Receiver
from jobs.delivery import SCHEDULE
from lifecycle.dispatcher import dispatch
from lifecycle.message import read_endpoints

# The host hands out three messages at a time, and looks for new ones as often as this.
HANDLERS, POLL_S = 3, 0.1
GRACE_S = 20.0
# To send to so many takes seconds, which are much of the first pause.
LONG = timedelta(minutes=1)
HIDDEN_S = 600  # as the host hides a message that it has handed out
PAUSES = "Pause before an attempt, against the schedule's"
NOTES = [
    (
        "Real requests to real receivers; half of the bad ones hang for 15 s, half answer 500. A "
        "thread for each of the host's three messages looks every 100 ms."
    ),
    "For the schedule the clock is moved ahead to whatever is due next: three days take a minute.",
    (
        "Where several events wait for one dead receiver, its breaker lets one of them try at a "
        "time: they come later than by the schedule, and some may end with fewer attempts."
    ),
]


@dataclass
class Crowd:
    """Receivers by their webhooks."""

    healthy: dict[str, Receiver] = field(default_factory=dict)
    hanging: dict[str, Receiver] = field(default_factory=dict)
    failing: dict[str, Receiver] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """Of all webhooks, good and bad ones mixed."""
        kinds = (self.healthy, self.hanging, self.failing)
        return [name for names in zip_longest_of(*map(list, kinds)) for name in names]


def zip_longest_of(*lists: list[str]) -> Iterator[list[str]]:
    """The first of each, then the second of each, as far as there are any."""
    for number in range(max(map(len, lists))):
        yield [each[number] for each in lists if number < len(each)]


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench receivers", description=__doc__)
    parser.add_argument("--endpoints", type=int, default=100, help="30%% of them bad (100)")
    parser.add_argument("--rate", type=float, default=20.0, help="events a second (20)")
    parser.add_argument("--seconds", type=float, default=30.0, help="for how long (30)")
    parser.add_argument("--events", type=int, default=1000, help="on the schedule (1000)")
    parser.add_argument("--keep", action="store_true", help="write results/receivers.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    beside = in_time(given.endpoints, given.rate, given.seconds)
    alone = on_schedule(given.endpoints, given.endpoints)
    crowded = on_schedule(given.endpoints, given.events)
    command = (
        f"./scripts/bench receivers --endpoints {given.endpoints} --rate {given.rate:.0f}"
        f" --seconds {given.seconds:.0f} --events {given.events}"
    )
    keep(summary(beside, alone, crowded, command), conditions, to_files=given.keep)


@contextmanager
def crowd(process: Account, endpoints: int, *, hang: bool) -> Iterator[Crowd]:
    """Of a hundred, 15 hang and 15 answer 500, or 30 do the latter."""
    found = Crowd()
    bad = round(0.3 * endpoints)
    hanging = bad // 2 if hang else 0
    with ExitStack() as stack:
        for number in range(endpoints):
            kind, behaviour = found.healthy, "200"
            if number < hanging:
                kind, behaviour = found.hanging, "hang"
            elif number < bad:
                kind, behaviour = found.failing, "500"
            receiver = stack.enter_context(listening(behaviour))
            kind[webhook(process.services, receiver)] = receiver
        yield found


def in_time(endpoints: int, rate: float, seconds: float) -> list[float]:
    """How long after its telling each event arrived at its healthy receiver, in seconds."""
    told: dict[str, float] = {}
    with account(is_counted=False) as process, crowd(process, endpoints, hang=True) as receivers:
        with host(process):
            began_s, whose = time.monotonic(), cycle(receivers.ids)
            for number in range(round(rate * seconds)):
                time.sleep(max(0.0, began_s + number / rate - time.monotonic()))
                at_s, endpoint_id = time.monotonic(), next(whose)
                event = tell(process.services, endpoint_id)
                if endpoint_id in receivers.healthy:
                    told[event] = at_s
            wait_for(lambda: len(arrivals(receivers.healthy)) >= len(told))
        arrived = arrivals(receivers.healthy)
    return [arrived[event] - at_s for event, at_s in told.items()]


def arrivals(receivers: dict[str, Receiver]) -> dict[str, float]:
    """When each event came there."""
    return {each.id: each.at_s for one in receivers.values() for each in list(one.received)}


@contextmanager
def host(process: Account) -> Iterator[None]:
    """Hands messages to dispatchers, as many at a time as host.json has it."""
    client, is_over = process.services.delivery_queue._events, threading.Event()  # noqa: SLF001

    def handle() -> None:
        while not is_over.is_set():
            message = client.receive_message(visibility_timeout=HIDDEN_S)
            if message is None:
                is_over.wait(POLL_S)
                continue
            dispatch(process.services, read_endpoints(message.content.encode()))
            client.delete_message(message)

    threads = [threading.Thread(target=handle, daemon=True) for _ in range(HANDLERS)]
    for thread in threads:
        thread.start()
    yield
    is_over.set()
    process.services.shutdown.request()
    for thread in threads:
        thread.join(GRACE_S)


@dataclass(frozen=True, slots=True)
class Course:
    """What became of events on the schedule, by a clock that is moved ahead."""

    events: int  # at healthy and at failing receivers
    healthy: Counter[int]  # how many events came so often
    failing: Counter[int]
    pauses: dict[int, list[float]]  # after attempt n: how the pause compares with the schedule's
    hours: float  # until the last was given up
    ids: int  # how many different ones came


def on_schedule(endpoints: int, events: int) -> Course:
    """Sends so many events to the endpoints in turns, until nothing is due any more."""
    with account(is_counted=False) as process, crowd(process, endpoints, hang=False) as receivers:
        began = process.clock()
        moments: dict[str, list[datetime]] = defaultdict(list)
        for each in receivers.failing.values():
            each.on_request = lambda came, _: moments[came.id].append(process.clock())
        for endpoint_id in islice(cycle(receivers.ids), events):
            tell(process.services, endpoint_id)
        live_through(process, receivers)
        came = [each.id for one in receivers.healthy.values() for each in one.received]
        failing = [each.id for one in receivers.failing.values() for each in one.received]
        pauses: dict[int, list[float]] = defaultdict(list)
        for times in moments.values():
            for number, (one, other) in enumerate(pairwise(times), start=1):
                pauses[number].append((other - one) / SCHEDULE[number])
        return Course(
            events,
            Counter(Counter(came).values()),
            Counter(Counter(failing).values()),
            dict(pauses),
            (process.clock() - began) / timedelta(hours=1),
            len({*came, *failing}),
        )


def live_through(process: Account, receivers: Crowd) -> None:
    """Moves the clock to where something is due, and sends it, again and again."""
    dispatch(process.services, receivers.ids)
    waiting = [(begins, each) for each in receivers.ids if (begins := next_at(process, each))]
    heapq.heapify(waiting)
    while waiting:
        begins, endpoint_id = heapq.heappop(waiting)
        process.clock.offset += max(timedelta(0), begins - process.clock())
        dispatch(process.services, [endpoint_id])
        if following := next_at(process, endpoint_id):
            heapq.heappush(waiting, (following, endpoint_id))


def next_at(process: Account, endpoint_id: str) -> datetime | None:
    """When the next attempt there may begin."""
    waiting = process.services.outbox.waiting(endpoint_id, 1)
    for first in waiting.deliveries:
        return max(first.due, waiting.breaker.open_until or first.due)
    return None


def wait_for(is_so: Callable[[], bool], limit_s: float = 60.0) -> None:
    """Until it is so, or the time is over: what is missing then is seen in the figures."""
    end_s = time.monotonic() + limit_s
    while not is_so() and time.monotonic() < end_s:
        time.sleep(POLL_S)


def figures_of(beside: list[float], alone: Course, crowded: Course) -> list[Figure]:
    """What was measured against what was wanted."""
    p99 = percentile(beside, 99)
    long = [ratios for number, ratios in alone.pauses.items() if SCHEDULE[number] >= LONG]
    off = [abs(ratio - 1) for ratios in long for ratio in ratios]
    worst = max(off, default=0.0)
    return [
        Figure(
            "beside dead ones, an event reaches its healthy receiver, p99",
            f"{p99:.2f} s (p50 {percentile(beside, 50):.2f} s, of {len(beside)})",
            "<= 2 s",
            p99 <= 2,
        ),
        Figure(
            "events that came to healthy receivers, so often",
            times(alone.healthy + crowded.healthy),
            "once",
            set(crowded.healthy) == {1},
        ),
        Figure(
            "one event for each dead receiver: attempts",
            times(alone.failing),
            "10",
            set(alone.failing) == {10},
        ),
        Figure(
            "the same: farthest from the schedule, of pauses of minutes and hours",
            f"{worst:.0%}",
            "<= 15%",
            worst <= 0.15,
        ),
        *in_a_crowd(alone, crowded),
    ]


def in_a_crowd(alone: Course, crowded: Course) -> list[Figure]:
    """What was measured where several events wait for one receiver."""
    return [
        Figure(
            f"{crowded.events} events, several for each dead receiver: attempts",
            times(crowded.failing),
        ),
        Figure("the same: until the last was given up", f"{crowded.hours:.1f} h", "<= 106 h"),
        Figure(
            "different ids of all events",
            f"{alone.ids + crowded.ids} of {alone.events + crowded.events}",
            "all",
            alone.ids + crowded.ids == alone.events + crowded.events,
        ),
    ]


def summary(beside: list[float], alone: Course, crowded: Course, command: str) -> Result:
    """All of it."""
    rows = [
        [str(number + 1), f"{min(ratios):.0%} to {max(ratios):.0%}", str(len(ratios))]
        for number, ratios in sorted(alone.pauses.items())
    ]
    return Result(
        name="receivers",
        title="What receivers get, beside dead ones",
        command=command,
        figures=figures_of(beside, alone, crowded),
        tables=[Table(PAUSES, ["attempt", "of it", "seen"], rows)],
        notes=NOTES,
        samples={"beside_s": [round(each, 3) for each in beside]},
    )


def times(counts: Counter[int]) -> str:
    """In words: how many were counted how often."""
    return ", ".join(f"{count} of them {number}" for number, count in sorted(counts.items()))


if __name__ == "__main__":
    main()
