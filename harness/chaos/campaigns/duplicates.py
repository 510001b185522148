"""Every blob event and every queue message comes one to five times, in no order."""

import time

from azure.storage.queue import QueueServiceClient

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.load import Load
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.rig import Rig, running
from harness.chaos.campaigns.ways import Ways
from harness.chaos.faults.rule import Rule

TIMES = 5
WITHIN_S = 20.0
ENCODES_AT_MOST = 1.02
OPEN_JOBS = 12
SETTLED_WITHIN_S = 900.0
DRAINED_WITHIN_S = 900.0
# A lapsed lease would be another fault than the one that is wanted here.
SETTINGS = {"LEASE_SECONDS": "30", "HEARTBEAT_SECONDS": "10"}
REPEAT = Rule(
    "repeat",
    "after",
    service="queue",
    method="POST",
    path="/messages$",
    times=TIMES,
    seconds=WITHIN_S,
)
HOW = (
    f"Whenever the host or the worker put a message into a queue, up to {TIMES - 1} copies "
    f"followed, each at its own moment within {WITHIN_S:.0f} s, a third of them within one. Blob "
    "events travel so, too."
)


def run(order: Order) -> Findings:
    """As many jobs as ordered."""
    ways, findings = Ways(order.seed), Findings()
    with running(order, ways.setup(SETTINGS, ("--queue-lease-seconds", "60"))) as rig:
        ways.change([REPEAT])
        Load(rig, OPEN_JOBS, clip_every=10).send_all()
        rig.settle(SETTLED_WITHIN_S)
        _drain(rig, ways, order)
        outputs, encodes = len(rig.service.outputs()), ways.encodes()
        judged = judge(rig)
    findings.violations = rig.record.violations
    count = order.count
    findings.figure("jobs with one right result", f"{judged}", f"{count}", judged == count)
    findings.figure("results", f"{outputs}", f"{count}", outputs == count)
    findings.figure(
        "encodes",
        f"{encodes}",
        f"at most {ENCODES_AT_MOST} times the jobs",
        encodes <= ENCODES_AT_MOST * count,
    )
    for what, way in (("blob events", ways.host), ("job messages", ways.worker)):
        sent = way.ledger.calls["queue", "put message"]
        findings.figure(what, f"{sent} sent, {sent + way.repeater.done} delivered")
    findings.notes.append(HOW)
    return findings


def _drain(rig: Rig, ways: Ways, order: Order) -> None:
    """Waits until the last copy was delivered: it must find nothing left to do."""
    deadline = time.monotonic() + DRAINED_WITHIN_S
    while (
        left := _messages(ways.account) + ways.host.repeater.waiting + ways.worker.repeater.waiting
    ) > 0:
        if time.monotonic() > deadline:
            rig.record.violations.append(f"{left} messages are left after {DRAINED_WITHIN_S:.0f} s")
            return
        order.tell(f"duplicates: {left} messages to go")
        time.sleep(0.5)


def _messages(storage: str) -> int:
    """In all queues, hidden ones included."""
    with QueueServiceClient.from_connection_string(storage) as service:
        names = [each.name for each in service.list_queues()]
        queues = [service.get_queue_client(name) for name in names]
        return sum(q.get_queue_properties().approximate_message_count or 0 for q in queues)
