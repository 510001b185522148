"""scripts/plan and scripts/compress work from any folder, on its files."""

import json
import subprocess
from pathlib import Path

import pytest

from harness.samples import media

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def folder(tmp_path):
    media.photo((320, 240)).save(tmp_path / "a photo.jpg", quality=95)
    return tmp_path


def run(script, folder, *words):
    return subprocess.run(
        [SCRIPTS / script, *words], cwd=folder, capture_output=True, text=True, timeout=600
    )


def test_plan_and_compress_take_files_of_the_folder_they_are_called_from(folder):
    plan = run("plan", folder, "a photo.jpg", "--json")
    made = run("compress", folder, "a photo.jpg", "-o", "small.webp", "--json")

    assert (plan.returncode, made.returncode) == (0, 0)
    assert json.loads(plan.stdout)["plan"]["format"] == "webp"
    assert json.loads(made.stdout)["size_bytes"] == (folder / "small.webp").stat().st_size


def test_the_exit_status_is_the_commands(folder):
    (folder / "text.jpg").write_text("no picture")

    assert run("plan", folder, "text.jpg").returncode == 65
    assert run("compress", folder, "text.jpg").returncode == 2
