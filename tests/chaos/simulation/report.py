"""What a campaign found, as a result that is kept beside the other measurements."""

from benchmarks.support.result import Figure, Result, Table
from tests.chaos.history.checker import Violation
from tests.chaos.simulation.campaign import Tally

GOAL = 100_000
RECOVERY_GOAL_S = 90.0
TITLE = "The protocol under simulated accidents"
NOTES = [
    (
        "Each schedule runs the app's own code (intake, attempts, delivery, sweep, poison) against"
        " storage in memory, with virtual time; its seed decides on every fault."
    ),
    "Checked from the recorded history alone: I1 to I8, and that nothing is left when all is calm.",
]


def result_of(
    tally: Tally, caught: dict[str, tuple[int, Violation] | None], command: str
) -> Result:
    """Figures, what happened in all runs, and how soon each mutation was noticed."""
    noticed = sum(1 for catch in caught.values() if catch)
    counts, each = tally.counts, tally.schedules
    figures = [
        Figure(
            "schedules that broke a promise",
            f"{len(tally.bad)} of {each:,}",
            f"0 of {GOAL:,}",
            not tally.bad and each >= GOAL,
        ),
        *_recovery(sorted(tally.recoveries_s)),
        Figure("schedules a second, on all processes", f"{each / tally.seconds:.0f}"),
        Figure("virtual time under faults", f"{tally.virtual_s / 86_400:.0f} days"),
        Figure(
            "mutations of the protocol that were noticed",
            f"{noticed} of {len(caught)}",
            "every one",
            noticed == len(caught),
        ),
    ]
    happenings = Table(
        "What happened, in all schedules together",
        ["what", "times"],
        [[name, f"{count:,}"] for name, count in sorted(counts.items())],
    )
    mutations = Table(
        "How many schedules it took to notice that a fence or an order was missing",
        ["mutation", "schedules", "noticed as"],
        [
            [name.replace("_", " "), *([str(catch[0]), catch[1].invariant] if catch else ["-", ""])]
            for name, catch in caught.items()
        ],
    )
    return Result("simulation", TITLE, command, figures, [happenings, mutations], NOTES)


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
