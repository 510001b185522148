"""A checkout of its own for tests that start the app, and eyes for what it leaves behind."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.rig.processes import PATIENCE_S

ROOT = Path(__file__).parents[2]
NOT_LINKED = {"scripts", "demo-output", "local.settings.json"}


@pytest.fixture
def checkout(tmp_path):
    """The project by links, so that settings, storage and results of a test stay in its folder."""
    home = tmp_path / "a checkout"
    home.mkdir()
    for each in ROOT.iterdir():
        if not each.name.startswith(".") and each.name not in NOT_LINKED:
            (home / each.name).symlink_to(each)
    shutil.copytree(ROOT / "scripts", home / "scripts")
    return home


@pytest.fixture
def launch(checkout):
    """Starts one of the scripts' programs in the checkout, and ends it as a user would."""
    started = []

    def run(program, *arguments, **variables):
        process = subprocess.Popen(
            [sys.executable, "-P", "-u", "-m", f"harness.laptop.{program}", *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(checkout), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=checkout,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
