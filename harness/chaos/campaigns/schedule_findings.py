"""What many runs found, in the words of the other campaigns."""

from harness.chaos.campaigns.findings import Findings
from harness.chaos.history.checker import Violation
from harness.chaos.simulation.campaign import Tally
from harness.result import Figure, Table

RECOVERY_GOAL_S = 90.0
NOTES = [
    (
        "Each schedule runs the app's own code (intake, attempts, delivery, rescue, sweep, poison)"
        " against storage in memory, with virtual time; its seed decides on every fault."
    ),
    "Checked from the recorded history alone: I1 to I9, and that nothing is left when all is calm.",
]


def findings_of(
    tally: Tally, caught: dict[str, tuple[int, Violation] | None], tested: dict[str, bool]
) -> Findings:
    """Figures, what happened in all runs, and how soon it was noticed that a fence was missing.

    `tested` are the fences that have tests of their own, and whether those fail without them.
    """
    findings = Findings(notes=list(NOTES))
    for seed, violations in sorted(tally.bad.items()):
        findings.violations += [f"{each} (--replay {seed})" for each in violations]
    findings.figures += [
        Figure(
            "schedules that broke a promise",
            f"{len(tally.bad)} of {tally.schedules:,}",
            "0",
            not tally.bad,
        ),
        Figure("virtual time under faults", f"{tally.virtual_s / 86_400:.0f} days"),
        *_recovery(sorted(tally.recoveries_s)),
    ]
    noticed = sum(1 for catch in caught.values() if catch)
    findings.figure(
        "fences of the protocol whose absence was noticed",
        f"{noticed} of {len(caught)}",
        "every one",
        noticed == len(caught),
    )
    findings.figure(
        "rarer fences whose own test fails without them",
        f"{sum(tested.values())} of {len(tested)}",
        "every one",
        all(tested.values()),
    )
    findings.violations += [
        f"its test does not tell whether this is so: {name}"
        for name, is_caught in tested.items()
        if not is_caught
    ]
    findings.tables += [_happenings(tally), _catches(caught)]
    return findings


def _happenings(tally: Tally) -> Table:
    return Table(
        "What happened, in all schedules together",
        ["what", "times"],
        [[name, f"{count:,}"] for name, count in sorted(tally.counts.items())],
    )


def _catches(caught: dict[str, tuple[int, Violation] | None]) -> Table:
    return Table(
        "How many schedules it took to notice that a fence was missing",
        ["what goes wrong without it", "schedules", "noticed as"],
        [
            [name, *([str(catch[0]), catch[1].invariant] if catch else ["-", ""])]
            for name, catch in caught.items()
        ],
    )


def _recovery(waits_s: list[float]) -> list[Figure]:
    """Counted while a machine was up, and where nothing but deaths happened on the way."""
    if not waits_s:
        return []
    median_s, late_s = (waits_s[int(len(waits_s) * share)] for share in (0.5, 0.99))
    return [
        Figure(
            f"recovery after a death, lease 45 s, p99 of {len(waits_s):,}",
            f"{late_s:.0f} s",
            f"{RECOVERY_GOAL_S:.0f} s",
            late_s <= RECOVERY_GOAL_S,
        ),
        Figure("the same, median and longest", f"{median_s:.0f} s and {waits_s[-1]:.0f} s"),
    ]
