"""Writes down, in the worker, when each step of an attempt begins and ends; changes nothing else.

The steps are the product's own functions, wrapped from outside: one JSON line for each call, with
times of the wall clock, so that they can be laid beside the columns of the row.
"""

import functools
import importlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Step, module, attribute. The product calls each of them by way of that attribute.
STEPS = (
    ("attempt", "lifecycle.attempt", "run_attempt"),
    ("intake", "lifecycle.intake", "accept_blob"),
    ("read row", "integrations.tracking", "JobTable.get"),
    ("write row", "integrations.tracking", "JobTable.replace"),
    ("insert row", "integrations.tracking", "JobTable.insert"),
    ("send message", "integrations.job_queue", "JobQueue.send"),
    ("download", "integrations.uploads", "Uploads.download"),
    ("compress", "lifecycle.work", "compress"),
    ("digest", "lifecycle.store", "sha256_of"),
    ("store", "integrations.results", "Results.store"),
    ("re-read", "integrations.results", "Results.stored_sha256"),
    ("delete upload", "integrations.uploads", "Uploads.delete"),
)


@dataclass(frozen=True, slots=True)
class Lap:
    """One call of a step."""

    step: str
    began: float  # seconds since the epoch
    ended: float
    argv: tuple[str, ...] = ()  # of a child process
    lines: tuple[tuple[float, str], ...] = ()  # what a child wrote, and when

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began


def preface(laps: Path) -> str:
    """What the worker has to run before it loads the app."""
    return (
        "from pathlib import Path\n"
        "from benchmarks.support import stopwatch\n"
        f"stopwatch.install(Path({str(laps)!r}))"
    )


def install(laps: Path) -> None:
    """Wraps every step in this process; laps are appended to the file as they end."""
    write = _Writer(laps)
    for step, module_name, attribute in STEPS:
        holder: Any = importlib.import_module(module_name)
        *path, name = attribute.split(".")
        for each in path:
            holder = getattr(holder, each)
        setattr(holder, name, _timed(step, getattr(holder, name), write))
    program = importlib.import_module("processing.sandbox.program")
    program.run = _timed_child(program.run, write)  # type: ignore[attr-defined]
    # The child of an image is forked by a warm process instead of run.
    image = importlib.import_module("processing.image.transcode")
    forked = _timed_child(image.run_image_child, write)
    image.run_image_child = forked  # type: ignore[attr-defined]


def read(laps: Path, since: float) -> Iterator[Lap]:
    """The laps that began at or after a moment."""
    for line in laps.read_text().splitlines():
        lap = json.loads(line)
        if lap["began"] >= since:
            lines = tuple((at, text) for at, text in lap.get("lines", ()))
            yield Lap(lap["step"], lap["began"], lap["ended"], tuple(lap.get("argv", ())), lines)


class _Writer:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def __call__(self, **lap: Any) -> None:
        with self._lock, self._path.open("a") as file:
            file.write(json.dumps(lap) + "\n")


def _timed(step: str, call: Callable[..., Any], write: _Writer) -> Callable[..., Any]:
    @functools.wraps(call)
    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.time()
        try:
            return call(*args, **kwargs)
        finally:
            write(step=step, began=began, ended=time.time())

    return timed


def _timed_child(run: Callable[..., Any], write: _Writer) -> Callable[..., Any]:
    @functools.wraps(run)
    def timed(argv: list[str], **kwargs: Any) -> Any:
        lines: list[tuple[float, str]] = []
        if listener := kwargs.get("listener"):

            def listen(line: str) -> bool:
                if line.startswith("{"):  # the image child's; ffmpeg's progress is too much
                    lines.append((time.time(), line[:200]))
                return bool(listener(line))

            kwargs["listener"] = listen
        began = time.time()
        try:
            return run(argv, **kwargs)
        finally:
            write(step="child", began=began, ended=time.time(), argv=argv, lines=lines)

    return timed
