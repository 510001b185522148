"""Says how a child is started that runs one of our own modules."""

import sys
from pathlib import Path


def own_module(name: str, *words: str) -> list[str]:
    """The command that runs module `name` with `words`, under our own Python.

    -P: the folder in which it runs holds a stranger's file, which must not be imported.
    """
    return [sys.executable, "-P", "-m", name, *words]


def import_path() -> str:
    """Where this process finds its modules, whichever host arranged it; for PYTHONPATH."""
    here = str(Path(__file__).resolve().parents[2])
    return ":".join(dict.fromkeys([here, *(folder for folder in sys.path if folder[:1] == "/")]))
