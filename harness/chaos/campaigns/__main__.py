"""Hurts the running app for a long time and judges what its users see: `./scripts/chaos --help`."""

import argparse
import sys
import time
import traceback

import pytest

from harness.chaos.campaigns.catalogue import CAMPAIGNS, Campaign, campaign_named
from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.order import Order
from harness.chaos.campaigns.short import run_side_by_side
from harness.result import Conditions, Result, keep


def main() -> int:
    """The exit status: 1 when a promise was broken."""
    parser = _parser()
    given = parser.parse_args()
    if given.name == "short":
        if given.keep:
            parser.error("a short run is not kept")
        results = list(run_side_by_side(given.seed))
    elif given.name == "all":
        results = [_run(each, given) for each in CAMPAIGNS]
    else:
        results = [_run(campaign_named(given.name), given)]
    return 0 if all(results) else 1


def _parser() -> argparse.ArgumentParser:
    lines = [
        f"  {each.name:12}{each.line} ({each.full:,}; short: {each.short:,})" for each in CAMPAIGNS
    ]
    parser = argparse.ArgumentParser(
        prog="chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="campaigns, each with its size:\n" + "\n".join(lines),
    )
    parser.add_argument(
        "name",
        choices=[*(each.name for each in CAMPAIGNS), "all", "short"],
        metavar="NAME",
        help="a campaign; `all` of them, one after another; or `short`, all at a small size",
    )
    parser.add_argument("--seed", type=int, default=1, help="another one has other luck (1)")
    parser.add_argument("--count", type=int, help="another size than the full one")
    parser.add_argument(
        "--minutes", type=float, help="stop after that long (kills, sigterm, failpoints)"
    )
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results")
    return parser


def _run(campaign: Campaign, given: argparse.Namespace) -> bool:
    """Whether every promise was kept; a campaign that breaks off has kept none."""
    count = given.count or campaign.full
    conditions, began_s = Conditions.now(), time.monotonic()
    order = Order(campaign.name, given.seed, count, count >= campaign.full, given.minutes)
    try:
        findings = campaign.run(order)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 -- the other campaigns must still run
        traceback.print_exc()
        what = repr(error).partition("\\n")[0][:300]
        findings = Findings(violations=[f"the campaign broke off: {what}"])
    took_s = time.monotonic() - began_s
    order.tell(f"{campaign.name}: {took_s:.0f} s, {len(findings.violations)} violations", last=True)
    result = _result(campaign, order, findings, took_s)
    keep(result, conditions, to_files=given.keep)
    print("\n".join(f"VIOLATION {each}" for each in findings.violations), flush=True)
    return not findings.violations


def _result(campaign: Campaign, order: Order, findings: Findings, took_s: float) -> Result:
    return Result(
        name=f"chaos-{campaign.name}",
        title=f"Chaos: {campaign.line}",
        command=order.command,
        figures=[*findings.figures, findings.verdict()],
        tables=findings.tables,
        notes=[*findings.notes, f"It took {took_s / 60:.0f} minutes."],
        samples=findings.samples | {"seed": order.seed, "violations": findings.violations},
    )


if __name__ == "__main__":
    sys.exit(main())
