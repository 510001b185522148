"""What a campaign found out."""

from dataclasses import dataclass, field
from typing import Any

from benchmarks.support.result import Figure, Table


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

    def verdict(self) -> Figure:
        """The last line: how many promises were broken."""
        return Figure("violations", str(len(self.violations)), "0", not self.violations)
