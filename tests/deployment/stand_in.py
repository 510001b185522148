"""Stands in for `az`, `docker` and `curl` on the PATH: records the calls, refuses a wrong one.

What `az` may be told is in az_commands.json; its answers follow from what was recorded before, so
that a script run twice finds what it made.
"""

import shutil
import stat
import subprocess
import sys
from pathlib import Path

from tests.deployment import stand_in_program
from tests.deployment.stand_in_program import command_of, recorded

PROJECT = Path(__file__).resolve().parents[2]


def install(folder: Path) -> dict[str, str]:
    """Puts the stand-ins into a folder; the variables that make a script use them."""
    folder.mkdir(exist_ok=True)
    programs = {
        name: f'exec "{sys.executable}" -I -S "{stand_in_program.__file__}" {name} "$@"'
        for name in ("az", "docker")
    }
    programs["curl"] = "exit ${CURL_FAILS:-0}"
    for name, line in programs.items():
        command = folder / name
        command.write_text(f"#!/bin/sh\n{line}\n")
        command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return {
        "PATH": f"{folder}:/usr/bin:/bin",
        "HOME": str(folder),
        "CALLS": str(folder / "calls"),
        "RETRY_SECONDS": "0",
    }


class Azure:
    """A subscription that exists only as a list of the calls it was sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = install(folder)
        self.forgotten = 0
        self.said = ""

    def run(self, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [PROJECT / "scripts" / script, *arguments],
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=180,
        )

    @property
    def calls(self) -> list[list[str]]:
        return recorded(self.environment["CALLS"])[self.forgotten :]

    def calls_of(self, command: str) -> list[list[str]]:
        return [c for c in self.calls if c[0] == "az" and command_of(c[1:]) == command]

    def copy(self, folder: Path) -> "Azure":
        """Another subscription in which the same was made, all of it forgotten."""
        other = Azure(folder)
        shutil.copy(self.environment["CALLS"], folder)
        other.forget()
        return other

    def forget(self) -> None:
        """From here on only new calls are looked at; what was made stays made."""
        self.forgotten += len(self.calls)


def option(call: list[str], name: str) -> str:
    return call[call.index(name) + 1]


def values(call: list[str], name: str) -> dict[str, str]:
    rest = call[call.index(name) + 1 :]
    end = next((i for i, word in enumerate(rest) if word.startswith("--")), len(rest))
    return dict(word.split("=", 1) for word in rest[:end])
