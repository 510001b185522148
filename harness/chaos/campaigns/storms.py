"""A fifth of all calls to storage fails, in every way there is, while jobs come in."""

import time

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.load import Load
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.rig import Rig, running
from harness.chaos.campaigns.ways import Ways
from harness.chaos.faults.rule import Rule, in_turn

SHARE = 0.2
FAILURES = (
    Rule("500"),
    Rule("503"),
    Rule("reset"),
    Rule("reset", "after"),
    Rule("500", "after"),
    Rule("truncate", "after"),
)
SLOW = (Rule("delay", seconds=0.5), Rule("delay", "after", seconds=0.5))
SLOW_SHARE = 0.04
WASTED_AT_MOST = 0.05
# Leases as in production: in seconds of pauses between tries, short ones would lapse all the time.
SETTINGS = {
    "LEASE_SECONDS": "45",
    "HEARTBEAT_SECONDS": "10",
    "MAX_RETRY_ATTEMPTS": "3",
    "RESCUE_SCHEDULE": "*/15 * * * * *",
    "SWEEP_SCHEDULE": "0 * * * * *",
    # Most of the time is spent in pauses between tries.
    "AzureFunctionsJobHost__extensions__queues__batchSize": "12",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "6",
    "PYTHON_THREADPOOL_THREAD_COUNT": "32",
}
OPEN_JOBS = 24
WEATHER = (
    f"{SHARE:.0%} of the calls of both the worker and the host failed: with 500 or 503, by a "
    "reset, by a reset, a 500 or half an answer after the call was done, all equally often; "
    f"{SLOW_SHARE:.0%} more were slow. Uploads and the judge's looks met none."
)
CONDITIONS = (
    "Settings of production, but for 18 messages at a time instead of 3, and a sweep each minute; "
    "a message whose delivery was lost is hidden for 60 s instead of ten minutes."
)
# A fetch whose answer is lost hides its messages for so long; the host's ten minutes otherwise.
OPTIONS = ("--queue-lease-seconds", "60")
SETTLE_S = 2400.0


def run(order: Order) -> Findings:
    """As many jobs as ordered."""
    ways = Ways(order.seed)
    findings = Findings()
    with running(order, ways.setup(SETTINGS, OPTIONS)) as rig:
        ways.change([*in_turn(FAILURES, SHARE), *in_turn(SLOW, SLOW_SHARE)])
        began_s = time.monotonic()
        Load(rig, OPEN_JOBS, clip_every=20).send_all()
        rig.settle(SETTLE_S)
        took_s = time.monotonic() - began_s
        again = _repeated(rig)
        ways.change([])
        encodes = ways.encodes()
        judged = judge(rig)
    findings.violations = rig.record.violations
    _weigh(findings, order, judged, encodes)
    findings.figure("jobs that needed another attempt", f"{again}")
    findings.figure("time until all were answered", f"{took_s / 60:.1f} min")
    _tell_weather(findings, ways)
    return findings


def _repeated(rig: Rig) -> int:
    return sum(int(row["attempts"].value) > 1 for row in rig.watcher.look().values())


def _weigh(findings: Findings, order: Order, judged: int, encodes: int) -> None:
    count = order.count
    findings.figure("right answers", f"{judged}", f"{count}", judged == count)
    wasted = (encodes - count) / count
    findings.figure(
        "encodes more than jobs",
        f"{encodes - count} of {count} ({wasted:.1%})",
        f"at most {WASTED_AT_MOST:.0%}",
        wasted <= WASTED_AT_MOST,
    )


def _tell_weather(findings: Findings, ways: Ways) -> None:
    for whose, way in (("worker", ways.worker), ("host", ways.host)):
        ledger = way.ledger
        findings.figure(
            f"calls of the {whose} that met a fault",
            f"{ledger.met()} of {ledger.total()} ({ledger.met() / ledger.total():.1%})",
        )
    findings.samples["faults"] = ways.faults()
    findings.notes.append(WEATHER)
    findings.notes.append(CONDITIONS)
