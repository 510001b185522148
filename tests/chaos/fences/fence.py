"""A fence that has a test of its own, and a copy of the project in which it is gone."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.simulation.mutations.edits import rewritten

ROOT = Path(__file__).parents[3]
MODULES = Path("devhost/npm/node_modules")
# What no test of a fence needs; the modules are linked instead.
LEFT_OUT = (".*", "__pycache__", "node_modules", "docs", "results", "demo-output")


@dataclass(frozen=True, slots=True)
class Fence:
    """A piece of the code's own text, what stands there without it, and the test that tells."""

    file: str  # of the project
    text: str  # stands there once
    test: str  # below tests/
    instead: str = ""


def copy_of_project(folder: Path, without: Fence | None) -> None:
    """Fills a new folder with all that tests need, one fence taken out.

    Raises LookupError where that is not there any more.
    """
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (folder / MODULES).symlink_to(ROOT / MODULES)
    if without:
        file = folder / without.file
        source = rewritten(without.file, file.read_text(), without.text, without.instead)
        file.write_text(source)
