"""Finds, or makes, an environment for Microsoft's worker library, which needs Python 3.13."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.made_once import make_once

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements-dev.txt"
OURS = ROOT / ".venv-conformance"
BUILD_LIMIT_S = 500.0
IS_313 = "import sys; assert sys.version_info[:2] == (3, 13)"


class NoPython313(Exception):
    """There is none, and none can be made; the message says what to do about it."""


def python_with_the_library() -> Path:
    """The interpreter of the first suitable environment; raises NoPython313."""
    for candidate in (Path(sys.executable), ROOT / ".venv-3.13/bin/python"):
        if runs(candidate, f"{IS_313}; import azure_functions_runtime"):
            return candidate
    base = next((each for each in interpreters() if runs(each, IS_313)), None)
    if base is None:
        raise NoPython313(
            "no Python 3.13 was found on the PATH or under ~/.pyenv/versions; install one,"
            " or run `PYTHON=<python3.13> ./scripts/setup`"
        )
    make_once(OURS, REQUIREMENTS, lambda: make(base))
    return OURS / "bin/python"


def interpreters() -> Iterator[Path]:
    """Places where a Python 3.13 may be, without our own environments."""
    if found := shutil.which("python3.13"):
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob("versions/3.13*/bin/python"))


def runs(python: Path, program: str) -> bool:
    """Whether the interpreter is there, works, and ends the program well."""
    try:
        # Elsewhere than here: our own folders must not be what it imports.
        return subprocess.run([python, "-c", program], capture_output=True, cwd="/").returncode == 0
    except OSError:
        return False


def make(base: Path) -> None:
    """Makes our environment anew; raises NoPython313 when the packages cannot be had."""
    shutil.rmtree(OURS, ignore_errors=True)
    uv = [sys.executable, "-m", "uv", "--no-config", "--no-python-downloads", "--quiet"]
    install = ["pip", "install", "--python", OURS, "--require-hashes", "-r", REQUIREMENTS]
    for command in (["venv", "--python", base, OURS], install):
        done = subprocess.run(
            [*uv, *command], capture_output=True, text=True, timeout=BUILD_LIMIT_S
        )
        if done.returncode != 0:
            raise NoPython313(
                f"{base} is there, but no environment could be made: {done.stderr.strip()}"
            )
