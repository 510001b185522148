"""The ways through which campaigns hurt storage: who takes which, and what is counted on them."""

from harness.chaos.campaigns import sources
from harness.chaos.campaigns.judge import judge
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.rig import running
from harness.chaos.campaigns.ways import Ways
from harness.chaos.faults.rule import Rule


def test_worker_and_host_take_ways_of_their_own_and_every_encode_is_counted():
    ways = Ways(seed=1)
    with running(Order("ways", 1, 2), ways.setup({})) as rig:
        rig.upload("fine.png", sources.picture(1))
        rig.settle()
        fine = ways.encodes()
        ways.worker.change([Rule("503", service="table", method="PUT", nth=1)])
        rig.upload("stormy.png", sources.picture(2))

        assert judge(rig) == 2

        assert rig.record.violations == []
        assert (fine, ways.encodes()) == (1, 2)
        assert ways.faults()["worker"] == {"503 before": 1}
        assert ways.worker.ledger.calls["table", "insert entity"] >= 2
        assert ways.host.ledger.calls["queue", "get messages"] >= 2
        assert ways.worker.ledger.calls["queue", "get messages"] == 0
