"""Counts what came of a campaign's files, and writes it down as a table."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from harness.hostile.fuzz.checking import SUSPICIOUS
from harness.result import Conditions, Figure, Result, Table, keep

MIB = 1024 * 1024


@dataclass(slots=True)
class Tally:
    """One format's files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    violations: int = 0
    slowest_s: float = 0.0
    peak_bytes: int = 0

    def add(self, finding: dict[str, Any]) -> None:
        self.outcomes[finding["outcome"]] += 1
        self.violations += bool(finding["violations"])
        self.slowest_s = max(self.slowest_s, finding["seconds"])
        self.peak_bytes = max(self.peak_bytes, finding["peak_bytes"])

    @property
    def runs(self) -> int:
        return self.outcomes.total()

    @property
    def suspicious(self) -> dict[str, int]:
        return {code: count for code, count in self.outcomes.items() if code in SUSPICIOUS}


class Report:
    """All of a run."""

    def __init__(self) -> None:
        self.tallies: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
        self.kernel_peak_bytes: dict[str, int] = {}

    def add(self, family: str, name: str, finding: dict[str, Any]) -> None:
        self.tallies[family][name].add(finding)

    def runs(self, family: str) -> int:
        return sum(tally.runs for tally in self.tallies[family].values())

    @property
    def violations(self) -> int:
        return sum(tally.violations for _, _, tally in self._rows())

    def _rows(self) -> list[tuple[str, str, Tally]]:
        return [
            (family, name, tally)
            for family, formats in self.tallies.items()
            for name, tally in sorted(formats.items())
        ]

    def write(self, command: str, conditions: Conditions, *, to_files: bool) -> None:
        """Print it all; with `to_files` also as results/fuzz.json."""
        result = Result(
            name="fuzz",
            title="Damaged files: no crash, no hang, an answer to each",
            command=command,
            figures=self._figures(),
            tables=[self._table()],
            notes=[
                "Each file is a small honest one with one to eight wounds: harness/hostile/fuzz.",
                (
                    "A violation: an exception without a code, a call over its time limit, a "
                    "process or a file left behind, a result that is larger or does not open."
                ),
                (
                    "Suspicious is what is no violation but names nobody's fault: "
                    f"{', '.join(sorted(SUSPICIOUS))}. Each such file is kept for a look."
                ),
                "Residence is sampled 50 times a second; the figure above is the kernel's own.",
            ],
            samples={name: dict(tally.outcomes.most_common()) for _, name, tally in self._rows()},
        )
        keep(result, conditions, to_files=to_files)

    def _figures(self) -> list[Figure]:
        figures = []
        for family, goal, limit_mib in (("images", 20_000, 1024), ("videos", 5_000, 1536)):
            if not self.tallies[family]:
                continue
            runs = self.runs(family)
            wrong = sum(tally.violations for tally in self.tallies[family].values())
            figures.append(Figure(f"damaged {family}", f"{runs:,}", f">= {goal:,}", runs >= goal))
            figures.append(Figure(f"violations, {family}", str(wrong), "0", wrong == 0))
            peak = self.kernel_peak_bytes.get(family, 0) / MIB
            if peak:
                figures.append(
                    Figure(
                        f"highest residence of a child, {family}",
                        f"{peak:.0f} MiB",
                        f"<= {limit_mib} MiB",
                        peak <= limit_mib,
                    )
                )
        return figures

    def _table(self) -> Table:
        rows = []
        for _, name, tally in self._rows():
            refused = [
                f"{code} {count:,}"
                for code, count in tally.outcomes.most_common()
                if code != "completed" and code not in SUSPICIOUS
            ]
            odd = [f"{code} {count:,}" for code, count in tally.suspicious.items()]
            rows.append(
                [
                    *(name, f"{tally.runs:,}", f"{tally.outcomes['completed']:,}"),
                    *(", ".join(refused), ", ".join(odd), str(tally.violations)),
                    *(f"{tally.slowest_s:.1f} s", f"{tally.peak_bytes / MIB:.0f} MiB"),
                ]
            )
        columns = ["format", "files", "completed", "refused", "suspicious", "violations"]
        return Table(
            "By format of the honest file", [*columns, "slowest", "highest residence"], rows
        )
