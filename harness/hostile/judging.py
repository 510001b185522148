"""Makes a bomb, has it tried, and says what was wrong with the answer."""

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.hostile import (
    container_bombs,
    heif_bombs,
    mp4_bombs,
    picture_bombs,
    stream_bombs,
    tiff_bombs,
    tricks,
)
from harness.hostile.catalogue import BOMBS, OK, Bomb, Scene
from harness.hostile.trial import Trial, tried
from harness.samples import media

# Each enters its bombs in the catalogue when it is imported.
MAKERS = (
    picture_bombs,
    tiff_bombs,
    heif_bombs,
    stream_bombs,
    mp4_bombs,
    container_bombs,
    tricks,
)
MAX_WALL_S = 5.0
MAX_CHILD_MIB = 300.0
MAX_PARENT_MIB = 40.0  # by which the process that calls compress() may grow
TIME_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What all bombs of a run share: another job's file, and a port where nobody may call."""

    canary: Path
    server: socket.socket

    @property
    def port(self) -> int:
        return int(self.server.getsockname()[1])

    def was_called(self) -> bool:
        """Whether anybody has connected since this was asked last."""
        with contextlib.suppress(BlockingIOError):
            self.server.accept()
            return True
        return False


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    other = folder / "other-job"
    other.mkdir(parents=True)
    canary = media.clip(other / "in.mp4", size="64x64", seconds=0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield Stage(canary, server)


def planted(bomb: Bomb, on: Stage) -> Path:
    """The file of a bomb in a job's folder of its own."""
    job = on.canary.parents[1] / bomb.name
    making = job / "making"
    making.mkdir(parents=True)
    data = bomb.make(Scene(making, on.canary, on.port))
    source = job / bomb.source_name
    source.write_bytes(data)
    return source


def answered(bomb: Bomb, source: Path, on: Stage, prefix: tuple[str, ...] = ()) -> Trial:
    return tried(source, on.canary, prefix, time_limit_s=TIME_LIMIT_S, threads=2, **bomb.options)


def faults(bomb: Bomb, source: Path, trial: Trial, on: Stage) -> list[str]:
    """What is wrong with the answer, whatever time it took."""
    found = []
    if trial.outcome not in bomb.expected:
        found.append(f"{trial.outcome} instead of {' or '.join(bomb.expected)}")
    if trial.child_peak_mib > MAX_CHILD_MIB:
        found.append(f"{trial.child_peak_mib:.0f} MiB in a child")
    if trial.parent_grew_mib > MAX_PARENT_MIB:
        found.append(f"{trial.parent_grew_mib:.0f} MiB in the caller")
    if trial.survivors:
        found.append(f"left running: {trial.survivors}")
    if trial.canary_opened:
        found.append("opened another job's file")
    if on.was_called():
        found.append("connected to a host")
    if (source.parent / "pwned").exists() or (source.parent / "work/pwned").exists():
        found.append("ran a command")
    if trial.outcome == OK:
        found += _faults_of_result(bomb, source, trial)
    return found


def _faults_of_result(bomb: Bomb, source: Path, trial: Trial) -> list[str]:
    found, result = [], Path(trial.result)
    data = result.read_bytes()
    if bomb.banned and (bomb.banned in data or bomb.banned[:24] in data):
        found.append("its payload is in the result")
    if len(data) > source.stat().st_size:
        found.append("the result is larger than the source")
    if trial.leftovers:
        found.append(f"left behind: {trial.leftovers}")
    return found


def is_slow(trial: Trial, seconds: float = MAX_WALL_S) -> bool:
    return trial.wall_s > seconds


def verdict(bomb: Bomb, on: Stage) -> tuple[Trial, list[str], int]:
    """Make one, try it, judge it; a slow answer has a second try, for a machine that was busy."""
    source = planted(bomb, on)
    trial = answered(bomb, source, on)
    if is_slow(trial) and trial.outcome in bomb.expected:
        time.sleep(1)
        trial = min(trial, answered(bomb, source, on), key=lambda one: one.wall_s)
    found = faults(bomb, source, trial, on)
    if is_slow(trial):
        found.append(f"{trial.wall_s:.1f} s")
    return trial, found, source.stat().st_size


__all__ = ["BOMBS", "MAKERS", "Stage", "answered", "faults", "planted", "stage", "verdict"]
