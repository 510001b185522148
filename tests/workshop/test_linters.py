"""Shell scripts and the Dockerfile pass their linters."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def is_bash(path):
    return path.is_file() and path.read_bytes()[:2] == b"#!" and b"bash" in path.read_bytes()[:30]


def shell_scripts():
    commands = filter(is_bash, (ROOT / "scripts").iterdir())
    found = {*commands, *(ROOT / "scripts").rglob("*.sh"), ROOT / ".ci/run"}
    return sorted(str(each.relative_to(ROOT)) for each in found)


@pytest.mark.parametrize("script", shell_scripts())
def test_shellcheck_finds_nothing(script):
    finished = subprocess.run(
        [BIN / "shellcheck", "--external-sources", script], capture_output=True, text=True, cwd=ROOT
    )

    assert finished.stdout == ""
    assert finished.returncode == 0


def test_hadolint_finds_nothing():
    finished = subprocess.run(
        [BIN / "hadolint", "Dockerfile"], capture_output=True, text=True, cwd=ROOT
    )

    assert finished.stdout == ""
    assert finished.returncode == 0
