"""Writes a measurement down: figures as JSON, and all of them together as Markdown."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

FOLDER = ROOT / "benchmarks"
RESULTS = FOLDER / "results"
DOCUMENT = FOLDER / "RESULTS.md"
# In this order in the document.
NAMES = (
    "overhead",
    "memory",
    "status",
    "keys",
    "ingest",
    "latency",
    "transactions",
    "idle",
    "log",
    "parallel",
    "lanes",
    "photos",
    "clips",
    "av1",
    "quality",
    "bombs",
    "fuzz",
    "predictions",
    "fixed",
    "together",
    "growth",
    "sweep",
    "deliveries",
    "receivers",
    "transfers",
    *(
        f"chaos-{campaign}"
        for campaign in (
            "calm",
            "schedules",
            "kills",
            "failpoints",
            "sigterm",
            "storms",
            "outage",
            "duplicates",
            "overwrites",
            "names",
            "soak",
        )
    ),
)
AZURITE = ROOT / "devhost/npm/node_modules/azurite/package.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the summary: what was measured against what was wanted."""

    what: str
    measured: str
    goal: str = ""  # empty: nothing was promised
    is_met: bool | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Details, as they are shown."""

    title: str
    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that one program found."""

    name: str
    title: str
    command: str
    figures: list[Figure]
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    samples: dict[str, Any] = field(default_factory=dict)  # the raw numbers


@dataclass(frozen=True, slots=True)
class Conditions:
    """Where and when; taken before anything is started."""

    measured_at: str
    machine: str
    load_average: float  # of the minute before
    commit: str

    @classmethod
    def now(cls) -> "Conditions":
        """The present ones."""
        return cls(
            measured_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            machine=machine(),
            load_average=round(os.getloadavg()[0], 2),
            commit=_line("git", "-C", str(FOLDER), "rev-parse", "--short", "HEAD"),
        )


def machine() -> str:
    """The machine and the programs whose speed decides the figures."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    ffmpeg = _line("ffmpeg", "-version").split()[2].partition("-")[0]
    azurite = json.loads(AZURITE.read_text())["version"]
    return (
        f"{os.cpu_count()} cores ({_processor()}), {pages / 1e9:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}, ffmpeg {ffmpeg}, Pillow {version('pillow')}, "
        f"Azurite {azurite} on the same machine"
    )


def keep(result: Result, conditions: Conditions, *, to_files: bool) -> None:
    """Prints the result; with `to_files` also writes its JSON and the document anew."""
    content = asdict(conditions) | asdict(result)
    print("\n".join(_section(content)))
    if to_files:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{result.name}.json"
        # One line for each entry: raw numbers would fill thousands.
        lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        write_document()


def write_document() -> None:
    """Makes RESULTS.md from all the JSON that is there."""
    lines = ["# Results", "", "Made by the programs from `results/*.json`; not edited by hand."]
    for name in NAMES:
        path = RESULTS / f"{name}.json"
        if path.exists():
            lines += ["", *_section(json.loads(path.read_text(encoding="utf-8")))]
    DOCUMENT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def milliseconds(values_s: Sequence[float]) -> str:
    """The median of times in seconds, and their range, in milliseconds."""
    low, middle, high = min(values_s), statistics.median(values_s), max(values_s)
    return f"{1000 * middle:.0f} ms ({1000 * low:.0f} to {1000 * high:.0f})"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def _section(content: dict[str, Any]) -> list[str]:
    lines = [
        f"## {content['title']}",
        "",
        (
            f"`{content['command']}`, {content['measured_at']}, commit {content['commit']}, "
            f"load average {content['load_average']} before. {content['machine']}."
        ),
        "",
        *_markdown(["what", "measured", "goal", "met"], map(_figure_cells, content["figures"])),
    ]
    for table in content["tables"]:
        lines += ["", f"{table['title']}:", "", *_markdown(table["columns"], table["rows"])]
    if content["notes"]:
        lines += ["", *(f"- {note}" for note in content["notes"])]
    return lines


def _figure_cells(figure: dict[str, Any]) -> list[str]:
    is_met = figure["is_met"]
    verdict = "" if is_met is None else "yes" if is_met else "no"
    return [figure["what"], figure["measured"], figure["goal"], verdict]


def _markdown(columns: Sequence[str], rows: Any) -> list[str]:
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _line(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return answer.stdout.splitlines()[0]
