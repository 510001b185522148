"""What a campaign found, as a result that is kept beside the other measurements."""

from benchmarks.support.result import Figure, Result, Table
from tests.chaos.history.checker import Violation
from tests.chaos.simulation.campaign import Tally

GOAL = 100_000
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
