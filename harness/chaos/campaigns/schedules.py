"""The protocol in virtual time, thousands of times; and with one fence taken out, until noticed."""

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.schedule_findings import findings_of
from harness.chaos.fences.trial import trials
from harness.chaos.simulation.campaign import Tally, first_catches, run_all, usable_cores


def run(order: Order) -> Findings:
    """As many schedules as ordered; their seeds begin with the order's."""
    tally, processes = Tally(), usable_cores()
    for tally in run_all(order.seed, order.count, processes):
        order.tell(
            f"schedules: {tally.schedules:,} of {order.count:,}, {len(tally.bad)} broke a promise"
        )
    order.tell("schedules: taking out one fence after the other", last=True)
    caught = first_catches(order.seed, processes)
    order.tell("schedules: the tests of rare fences, each without its fence", last=True)
    return findings_of(tally, caught, dict(trials(processes)))
