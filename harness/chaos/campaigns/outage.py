"""Storage is gone for a while, for worker and host alike, in the middle of a load of jobs."""

import time

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.load import Load
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.rig import Rig, running
from harness.chaos.campaigns.ways import Ways
from harness.chaos.faults.ledger import Ledger

JOBS, JOBS_OF_A_TRIAL = 60, 20
DONE_BEFORE = 5
MINUTE_S = 60
CALLS_AT_MOST_PER_S = 1.0
RECOVERED_WITHIN_S = 300.0
SETTLED_WITHIN_S = 900.0
# As in production. A delivery is hidden for as long as the outage, up to the host's ten minutes.
SETTINGS = {
    "LEASE_SECONDS": "45",
    "HEARTBEAT_SECONDS": "10",
    "MAX_RETRY_ATTEMPTS": "3",
    "RESCUE_SCHEDULE": "*/15 * * * * *",
    "SWEEP_SCHEDULE": "0 */5 * * * *",
    "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:10",
    "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:02",
}
LONGEST_DELIVERY_S = 600
# A shorter one is a trial: with leases of seconds, and over before the calls that were under way
# have had all their tries.
LONG_S = 120


def run(order: Order) -> Findings:
    """As many seconds without storage as ordered."""
    ways, findings = Ways(order.seed), Findings()
    is_long = order.count >= LONG_S
    hidden_s = min(LONGEST_DELIVERY_S, order.count) if is_long else 2
    options = ("--queue-lease-seconds", str(hidden_s))
    jobs = JOBS if is_long else JOBS_OF_A_TRIAL
    with running(order, ways.setup(SETTINGS if is_long else {}, options)) as rig:
        open_jobs = _load(rig, jobs)
        rig.watcher.is_polling = False  # whoever asks for a status makes the worker call storage
        began_s = time.time()
        ways.begin_outage()
        _wait(order)
        ways.end_outage()
        ended_s = time.time()
        rig.settle(SETTLED_WITHIN_S)
        recovered_s = time.time() - ended_s
        rig.watcher.is_polling = True
        judged = judge(rig)
    findings.violations = rig.record.violations
    findings.figure("jobs open when it began", f"{open_jobs} of {jobs}")
    findings.figure("jobs with one right result", f"{judged}", f"{jobs}", judged == jobs)
    _weigh_recovery(findings, recovered_s, is_long=is_long)
    _weigh_calls(findings, ways.worker.ledger, order.count)
    _tell_minutes(findings, ways, began_s, ended_s)
    return findings


def _load(rig: Rig, jobs: int) -> int:
    """Uploads all, and returns once some are done; how many are open then."""
    load = Load(rig, clip_every=4)
    for _ in range(jobs):
        load.send()

    def some_are_done() -> bool:
        return len(rig.watcher.open_names()) <= jobs - DONE_BEFORE

    rig.service.wait_for("the first results", some_are_done, SETTLED_WITHIN_S)
    return len(rig.watcher.open_names())


def _wait(order: Order) -> None:
    end_s = time.monotonic() + order.count
    while (left_s := end_s - time.monotonic()) > 0:
        order.tell(f"outage: {left_s:.0f} s to go")
        time.sleep(min(1.0, left_s))


def _weigh_recovery(findings: Findings, recovered_s: float, *, is_long: bool) -> None:
    findings.figure(
        "all done after its end",
        f"{recovered_s:.0f} s",
        f"within {RECOVERED_WITHIN_S:.0f} s" if is_long else "",
        recovered_s <= RECOVERED_WITHIN_S if is_long else None,
    )


def _weigh_calls(findings: Findings, ledger: Ledger, length_s: int) -> None:
    calls = ledger.faults().get("outage", 0)
    rate = calls / length_s
    findings.figure(
        "calls of the worker during the outage",
        f"{calls} ({rate:.2f}/s)",
        f"at most {CALLS_AT_MOST_PER_S:.0f}/s" if length_s >= LONG_S else "",
        rate <= CALLS_AT_MOST_PER_S if length_s >= LONG_S else None,
    )


def _tell_minutes(findings: Findings, ways: Ways, began_s: float, ended_s: float) -> None:
    """How often the host polls is its own affair; a genuine one does it at the same intervals."""
    starts = range(int(began_s) + 1, int(ended_s), MINUTE_S)
    for whose, way in (("worker", ways.worker), ("host", ways.host)):
        calls = [way.ledger.between(at_s, min(at_s + MINUTE_S, ended_s)) for at_s in starts]
        findings.figure(f"calls of the {whose}, minute by minute", ", ".join(map(str, calls)))
    findings.notes.append("Of the host's calls, nearly all are its polling, which is not ours.")
