"""Counts the storage calls of a delivery: alone, in company, and for each further attempt."""

import argparse
from collections import Counter
from datetime import timedelta

from benchmarks.support.telling import Account, account, listening, tell, webhook
from harness.proxy.counting import tally
from harness.result import Conditions, Figure, Result, Table, keep
from lifecycle.dispatcher import dispatch
from lifecycle.rescue import rescue

# Past the alarms of what was told.
ALARMS_HAVE_RUNG = timedelta(seconds=50)
Kinds = Counter[tuple[str, str, str]]
NOTES = [
    (
        "Told: the alarm and the row, as publishing writes them. Sent: the query for what is due, "
        "the claim, the result. Looked after: what the alarm costs when it rings, beside the same "
        "tick of the timer without it."
    ),
    (
        "The row of the job is read for each attempt, as the event of a completed job has a link. "
        "Beside this, publishing writes that row once, and reads its deliveries when its result is "
        "due."
    ),
    "An endpoint's first delivery of a day sets one alarm more, by which old ones are removed.",
]


def main() -> None:
    """Counts and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench deliveries", description=__doc__)
    parser.add_argument("--together", type=int, default=100, help="events told together (100)")
    parser.add_argument("--keep", action="store_true", help="write results/deliveries.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with account() as process:
        counts = {
            "alone": course(process, 1),
            "together": course(process, given.together),
            "again": again(process),
        }
    found = summary(counts, given.together)
    keep(found, conditions, to_files=given.keep)


def course(process: Account, count: int) -> dict[str, Kinds]:
    """What so many deliveries to one endpoint cost, told at the same time, step by step."""
    with listening() as receiver:
        endpoint_id = webhook(process.services, receiver)
        warm_up(process, endpoint_id)
        idle = looked_after(process)
        for _ in range(count):
            tell(process.services, endpoint_id)
        told = taken(process)
        dispatch(process.services, [endpoint_id])
        sent = taken(process)
        if len(receiver.received) != count + 1:
            raise RuntimeError(f"{len(receiver.received) - 1} of {count} arrived")
        return {"told": told, "sent": sent, "looked after": looked_after(process) - idle}


def again(process: Account) -> dict[str, Kinds]:
    """What an attempt costs that fails, and one more that succeeds, beyond the first."""
    with listening() as receiver:
        endpoint_id = webhook(process.services, receiver)
        warm_up(process, endpoint_id)
        receiver.behave("500")
        tell(process.services, endpoint_id)
        process.counted.taken()
        dispatch(process.services, [endpoint_id])
        failed = taken(process)
        process.clock.offset += timedelta(seconds=6)
        dispatch(process.services, [endpoint_id])
        return {"an attempt that fails": failed, "the next one": taken(process)}


def warm_up(process: Account, endpoint_id: str) -> None:
    """The first delivery of a day, connections, the list of endpoints."""
    tell(process.services, endpoint_id)
    dispatch(process.services, [endpoint_id])
    process.clock.offset += ALARMS_HAVE_RUNG
    rescue(process.services)
    process.services.endpoints.all()
    process.counted.taken()


def looked_after(process: Account) -> Kinds:
    """What a tick of the quick timer costs once all alarms have rung."""
    process.clock.offset += ALARMS_HAVE_RUNG
    process.counted.taken()
    rescue(process.services)
    return taken(process)


def taken(process: Account) -> Kinds:
    """What has passed since the last time."""
    return tally(process.counted.taken())


def tables(kinds: Kinds) -> int:
    """How many of the calls are those of tables."""
    return sum(count for (service, *_), count in kinds.items() if service == "table")


def summary(counts: dict[str, dict[str, Kinds]], together: int) -> Result:
    """The figures."""
    alone = {step: tables(kinds) for step, kinds in counts["alone"].items()}
    company = sum(tables(kinds) for kinds in counts["together"].values()) / together
    query = 1  # what is due at the endpoint: one for all that is
    again = {step: tables(kinds) - query for step, kinds in counts["again"].items()}
    rows = [
        [case, step, service, operation, place, str(count)]
        for case, steps in counts.items()
        for step, kinds in steps.items()
        for (service, operation, place), count in sorted(kinds.items())
    ]
    spread = ", ".join(f"{step} {count}" for step, count in alone.items())
    return Result(
        name="deliveries",
        title="Storage calls of a delivery",
        command=f"./scripts/bench deliveries --together {together}",
        figures=[
            Figure(
                "table calls of a webhook delivered alone, queries that others would share apart",
                f"{sum(alone.values()) - 2 * query} ({spread}, two of them queries)",
                "<= 6",
                sum(alone.values()) - 2 * query <= 6,
            ),
            Figure(
                f"table calls of each of {together} told at the same time, everything counted",
                f"{company:.2f}",
                "<= 4.6",
                company <= 4.6,
            ),
            *(
                Figure(f"table calls of {step}, without the query", str(count), "<= 4", count <= 4)
                for step, count in again.items()
            ),
        ],
        tables=[Table("Every call", ["case", "step", "service", "operation", "on", "count"], rows)],
        notes=NOTES,
        samples={case: {step: tables(k) for step, k in s.items()} for case, s in counts.items()},
    )


if __name__ == "__main__":
    main()
