"""What a campaign found out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.result import Figure, Table

# How a violation of each begins, and what it means.
PROMISES = {
    "I1": "jobs lost, failed or without an end",
    "I2": "results doubled, without a row, or not what was sent",
    "I3": "statuses that went back, or answers for an older upload",
    "I4": "uploads deleted too soon or kept too long",
    "I6: process": "processes left",
    "I6: job": "temporary folders left",
    "I7": "results that do not show their source",
    "I8": "rows that contradict themselves",
}

NONE_BESIDES: Mapping[str, str] = {}


@dataclass(slots=True)
class Findings:
    """Figures for the result, and every broken promise in words."""

    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    samples: dict[str, Any] = field(default_factory=dict)  # the raw numbers
    violations: list[str] = field(default_factory=list)

    def figure(self, what: str, measured: str, goal: str = "", is_met: bool | None = None) -> None:
        """Adds a figure; one whose goal was missed is a violation too."""
        self.figures.append(Figure(what, measured, goal, is_met))
        if is_met is False:
            self.violations.append(f"{what}: {measured}, wanted {goal}")

    def add_promises(self, besides: Mapping[str, str] = NONE_BESIDES) -> None:
        """One figure for each promise, and those `besides`: how often it was broken."""
        for begins, what in {**PROMISES, **besides}.items():
            count = sum(each.startswith(begins) for each in self.violations)
            self.figures.append(Figure(what, str(count), "0", count == 0))

    def verdict(self) -> Figure:
        """The last line: how many promises were broken."""
        return Figure("violations", str(len(self.violations)), "0", not self.violations)
