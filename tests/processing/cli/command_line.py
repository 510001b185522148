"""Runs `python -m processing` as a user does: from a folder of their own, in another process."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-P", "-m", "processing")


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """The command's end; it ran in `folder`."""
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )


def run_in_shell(
    folder: Path, redirection: str, *words: object, **extra: str
) -> subprocess.CompletedProcess[str]:
    """The command's end, after the shell has tied its streams to something else."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", *COMMAND, *map(str, words)],
        cwd=folder,
        env={**environment(), **extra},
        capture_output=True,
        text=True,
        timeout=120,
    )


def answers(done: subprocess.CompletedProcess[str]) -> list[dict]:
    """Its JSON objects; nothing else may be on stdout."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def start(
    folder: Path, *words: object, signals: str = "--default-signal=INT,TERM,HUP", **options: object
) -> subprocess.Popen[str]:
    """The command, still running in `folder`; it does not heed what pytest itself ignores."""
    return subprocess.Popen(
        ["env", signals, *COMMAND, *map(str, words)],
        cwd=folder,
        env=environment(),
        text=True,
        **options,
    )


def listing(folder: Path) -> list[str]:
    """The names of all that is in a folder, hidden ones too."""
    return sorted(entry.name for entry in folder.iterdir())
