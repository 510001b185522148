"""Nothing goes wrong: shows that the rig works and that its judge has nothing to say then."""

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.load import Load
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.rig import running


def run(order: Order) -> Findings:
    """As many jobs as ordered."""
    with running(order) as rig:
        load = Load(rig)
        for number in range(order.count):
            load.send()
            order.tell(f"calm: {number} of {order.count} uploads")
        judged = judge(rig)
    findings = Findings(violations=rig.record.violations)
    findings.figure(
        "jobs with one right result", str(judged), str(order.count), judged == order.count
    )
    findings.samples["polls"] = rig.record.polls
    return findings
