"""Counts the storage transactions of an app that has nothing to do, and scales them to an hour."""

import argparse
import time
from collections import Counter

from benchmarks.support.counted import watched_app
from devhost.app import host_json
from harness.proxy.counting import tally
from harness.result import Conditions, Figure, Result, Table, keep
from harness.rig.project import ROOT
from settings import Settings

HOUR_S = 3600
# The default schedules.
SWEEP_INTERVAL_S, RESCUE_INTERVAL_S = 300, 30
SCHEDULES = {"sweep_schedule": "0 */5 * * * *", "rescue_schedule": "*/30 * * * * *"}
Kinds = Counter[tuple[str, str, str]]


def main() -> None:
    """Counts and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench idle", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="a multiple of 5 (10)")
    parser.add_argument("--keep", action="store_true", help="write results/idle.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with watched_app() as watched:
        # Between two sweeps, so that as many fall into the time as belong to it.
        time.sleep((SWEEP_INTERVAL_S / 2 - time.time()) % SWEEP_INTERVAL_S)
        watched.ours.taken()
        watched.hosts.taken()
        time.sleep(given.minutes * 60)
        ours, hosts = tally(watched.ours.taken()), tally(watched.hosts.taken())
    command = f"./scripts/bench idle --minutes {given.minutes:g}"
    keep(summary(ours, hosts, given.minutes * 60, command), conditions, to_files=given.keep)


def summary(ours: Kinds, hosts: Kinds, seconds: float, command: str) -> Result:
    """The figures."""
    factor = HOUR_S / seconds
    ticks = seconds / SWEEP_INTERVAL_S + seconds / RESCUE_INTERVAL_S
    real = real_host()
    rows = [
        [whose, service, operation, place, str(count), f"{count * factor:.0f}"]
        for whose, kinds in (("ours (timers)", ours), ("devhost", hosts))
        for (service, operation, place), count in sorted(kinds.items())
    ]
    columns = ["whose", "service", "operation", "on", f"in {seconds / 60:g} min", "per hour"]
    return Result(
        name="idle",
        title="Storage transactions of an idle hour",
        command=command,
        figures=[
            Figure("our own, per hour (rescue and sweep)", f"{ours.total() * factor:.0f}"),
            Figure("our own, per tick", f"{ours.total() / ticks:.1f}"),
            Figure("devhost's polling, per hour, counted", f"{hosts.total() * factor:.0f}"),
            Figure("the real host's, per hour, calculated", f"{sum(n for _, n, _ in real)}"),
        ],
        tables=[
            Table("Counted", columns, rows),
            Table(
                "The real host, one replica kept alive, calculated from host.json and its source",
                ["what", "per hour", "how"],
                [[what, str(count), how] for what, count, how in real],
            ),
        ],
        notes=[
            "An empty account: what a tick costs beside many jobs is the program `sweep`.",
            (
                "The host's part is spent only while a replica runs. With the Event Grid source "
                "there is no listing and no scan lease."
            ),
        ],
        samples={"ours": _listed(ours), "devhost": _listed(hosts), "seconds": seconds},
    )


def real_host() -> list[tuple[str, int, str]]:
    """What the genuine host asks of storage in an idle hour: what, how often, why."""
    config = host_json.load(ROOT, {})
    poll_s = config.queues.max_polling_interval_s
    queues = (ROOT / "function_app.py").read_text(encoding="utf-8").count("@app.queue_trigger(")
    assert_default_schedules()
    return [
        (
            f"get messages on {queues} queues",
            round(queues * HOUR_S / poll_s),
            f"each polled every {poll_s:g} s when empty (host.json, maxPollingInterval)",
        ),
        (
            "get messages on the blob trigger's own queue",
            round(HOUR_S / 60),
            "the default maxPollingInterval, 1 min",
        ),
        (
            "listings for LogsAndContainerScan",
            2 * HOUR_S // 10,
            "a loop of 10 s: one page of `uploads`, and `$logs`",
        ),
        ("lease renewals of the primary host", HOUR_S * 2 // 15, "at half of 15 s (lockPeriod)"),
        (
            "lease renewals of timers and scan",
            3 * HOUR_S * 2 // 15,
            "three, each at half of 15 s (host.json, listenerLockPeriod)",
        ),
        (
            "timer status",
            HOUR_S // SWEEP_INTERVAL_S,
            "one write after each sweep; none for timers of less than a minute",
        ),
    ]


def assert_default_schedules() -> None:
    """Our factors are only right for the schedules that they were written for."""
    for name, schedule in SCHEDULES.items():
        if schedule != Settings.model_fields[name].default:
            raise RuntimeError(f"{name} is not {schedule} any more: change the interval here, too.")


def _listed(kinds: Kinds) -> list[list[str | int]]:
    return [[*key, count] for key, count in sorted(kinds.items())]


if __name__ == "__main__":
    main()
