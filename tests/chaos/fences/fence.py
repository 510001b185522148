"""A fence that has a test of its own, and a copy of the project in which it is gone."""

import shutil
from dataclasses import dataclass
from pathlib import Path

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

    Raises LookupError where the code says something else by now: the fence has moved, or is gone.
    """
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (folder / MODULES).symlink_to(ROOT / MODULES)
    if without:
        file = folder / without.file
        source = file.read_text()
        if source.count(without.text) != 1:
            raise LookupError(f"{without.file} does not say once: {without.text}")
        file.write_text(source.replace(without.text, without.instead))
