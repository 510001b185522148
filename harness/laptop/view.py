"""Shows journeys: bars on a terminal, lines elsewhere, and a table at the end."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from harness.laptop.journey import Journey
from visible_text import visible

HEADINGS = ("name", "status", "before", "after", "saved", "time", "link")
# Of each reason why the result is the source itself.
UNCHANGED = {
    "already_compact": "is compact already",
    "not_smaller": "would not become smaller",
    "encoding_failed": "could not be encoded",
}
GAP = "  "
SHORTEST_NAME = 8
STEP_PERCENT = 25
Refresh = Callable[[], None]


@contextlib.contextmanager
def live(console: Console, journeys: Sequence[Journey]) -> Iterator[Refresh]:
    """Gives a function that shows the state of now; call it a few times a second."""
    if console.is_terminal and not console.is_dumb_terminal:
        with _bars(console, journeys) as refresh:
            yield refresh
    else:
        yield _lines(console, journeys)


@contextlib.contextmanager
def _bars(console: Console, journeys: Sequence[Journey]) -> Iterator[Refresh]:
    columns = (
        TextColumn("{task.fields[name]}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[phase]}", markup=False),
    )
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        tasks: list[tuple[Journey, TaskID]] = [
            (each, progress.add_task("", total=100, name=shown(each.blob_name), phase=each.phase))
            for each in journeys
        ]

        def refresh() -> None:
            for journey, task in tasks:
                progress.update(task, completed=journey.percent, phase=journey.phase)
            progress.refresh()

        yield refresh


def _lines(console: Console, journeys: Sequence[Journey]) -> Refresh:
    seen: dict[str, tuple[str, int]] = {}
    began_s = time.monotonic()  # one clock for all, or the lines seem out of order

    def refresh() -> None:
        for journey in journeys:
            state = (journey.phase, int(journey.percent // STEP_PERCENT))
            if state != seen.get(journey.blob_name) and journey.phase != "waiting":
                seen[journey.blob_name] = state
                at_s = time.monotonic() - began_s
                line = f"{at_s:6.1f} s  {shown(journey.blob_name)}: {journey.phase}"
                is_moving = journey.status and not journey.is_over
                _print(console, f"{line}, {journey.percent:.0f}%" if is_moving else line)

    return refresh


def table(console: Console, journeys: Sequence[Journey], *, links_live_on: bool) -> None:
    """Prints one row for each journey, then why each failed or did not become smaller.

    On a terminal no row is longer than a line: the name is what to click, and cut where it is too
    long. `links_live_on` tells whether it leads to the app's storage or, when that is about to
    end, to the downloaded file.
    """
    rows = [HEADINGS, *(_row(each) for each in journeys)]
    links = [None, *(_target(each, links_live_on=links_live_on) for each in journeys)]
    if console.is_terminal:
        rest_width = sum(_widths(rows)[1:-1]) + len(GAP) * (len(HEADINGS) - 2)
        name_width = max(console.width - rest_width, SHORTEST_NAME)
        rows = [(_cut(name, name_width), *rest) for name, *rest, _link in rows]
    widths = _widths(rows)
    console.print()
    for row, link in zip(rows, links, strict=True):
        cells = [
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        if link and console.is_terminal and not console.is_dumb_terminal:
            name = row[0]
            cells[0] = f"\x1b]8;;{link}\x1b\\{name}\x1b]8;;\x1b\\{cells[0].removeprefix(name)}"
        print(GAP.join(cells).rstrip())
    for journey in journeys:
        if journey.failure:
            print(f"{shown(journey.blob_name)} failed: {shown(str(journey.failure))}")
        elif journey.status and (why := journey.status.get("passthrough")):
            print(f"{shown(journey.blob_name)} {UNCHANGED.get(why, why)}; it was only cleaned.")


def total(journeys: Sequence[Journey]) -> str:
    """How many files came back, and how much smaller they became together."""
    done = [(each.before, each.after) for each in journeys if each.after]
    before = sum(source.stat().st_size for source, _ in done)
    after = sum(result.stat().st_size for _, result in done)
    files = f"{len(done)} of {len(journeys)} files"
    less = f" ({saved(before, after)} less)" if before else ""
    return f"{files}: {size(before)} -> {size(after)}{less}" if done else files


def saved(before_bytes: int, after_bytes: int) -> str:
    """How much smaller, in percent of what was not empty."""
    return f"{100 * (1 - after_bytes / before_bytes):.0f}%"


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _cut(name: str, width: int) -> str:
    if cell_len(name) <= width:
        return name
    return set_cell_size(name, width - 1).rstrip() + "…"


def _target(journey: Journey, *, links_live_on: bool) -> str | None:
    if not journey.after:
        return None
    url = journey.status["output_url"] if journey.status and links_live_on else None
    return url or journey.after.resolve().as_uri()


def _row(journey: Journey) -> tuple[str, ...]:
    job = journey.status
    before = journey.before.stat().st_size if journey.before.exists() else None
    after = journey.after.stat().st_size if journey.after and journey.after.exists() else None
    return (
        shown(journey.blob_name),
        journey.phase,
        size(before),
        size(after),
        saved(before, after) if before and after is not None else "-",
        f"{journey.seconds:.1f} s",
        (job["output_url"] if job and not journey.failure else None) or "-",
    )


def size(size_bytes: int | None) -> str:
    """A size for people, in decimal units."""
    if size_bytes is None:
        return "-"
    amount = float(size_bytes)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def shown(name: str) -> str:
    """The name with all escaped that would move the cursor, or hide in it."""
    return visible(name)


def _print(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def in_words(path: Path) -> str:
    """The file or folder relative to where we are, if it is below."""
    end = "/" if path.is_dir() else ""
    with contextlib.suppress(ValueError):
        return f"{path.resolve().relative_to(Path.cwd())}{end}"
    return f"{path}{end}"
