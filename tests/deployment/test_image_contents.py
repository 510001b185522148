"""What goes into the image, and what is published without one: all the app needs, and no more."""

import ast
import fnmatch
import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DOCKERIGNORE = (PROJECT / ".dockerignore").read_text().splitlines()
SHIPPED = {line.removeprefix("!") for line in DOCKERIGNORE if line.startswith("!")}
NOT_CODE = {"host.json", "requirements.txt"}
NOT_FOR_PRODUCTION = [
    *("benchmarks", "devhost", "docs", "harness", "scripts", "tests"),
    "local.settings.json",
]


def test_the_image_holds_every_module_that_the_app_imports_and_no_other():
    needed = {"function_app.py"}
    waiting = [PROJECT / "function_app.py"]
    while waiting:
        for name in _own_modules(waiting.pop()) - needed:
            needed.add(name)
            found = PROJECT / name
            waiting += found.rglob("*.py") if found.is_dir() else [found]

    assert needed == SHIPPED - NOT_CODE


def test_everything_that_is_not_named_stays_out_of_the_image():
    patterns = [line for line in DOCKERIGNORE if line and not line.startswith("#")]

    assert patterns[0] == "*"
    assert not SHIPPED & set(NOT_FOR_PRODUCTION)


@pytest.mark.parametrize("name", [*NOT_FOR_PRODUCTION, ".env", ".venv-3.13", "Dockerfile"])
def test_a_published_folder_holds_nothing_for_developers(name):
    patterns = (PROJECT / ".funcignore").read_text().split()

    assert any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_published_folder_holds_all_that_the_image_does(name):
    patterns = (PROJECT / ".funcignore").read_text().split()

    assert not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def test_hadolint_has_nothing_to_say_about_the_dockerfile():
    hadolint = Path(sys.executable).with_name("hadolint")

    lint = subprocess.run([hadolint, "Dockerfile"], cwd=PROJECT, capture_output=True, text=True)

    assert lint.stdout + lint.stderr == ""


def test_the_host_runs_at_most_three_jobs_at_once_and_returns_a_failed_one_soon():
    host = json.loads((PROJECT / "host.json").read_text())

    queues = host["extensions"]["queues"]
    assert host["version"] == "2.0"
    assert host["extensions"]["http"]["routePrefix"] == ""
    assert queues["batchSize"] + queues["newBatchThreshold"] == 3
    assert queues["visibilityTimeout"] == "00:00:10"
    assert queues["messageEncoding"] == "base64"


def test_a_job_fits_into_the_time_that_the_host_gives_a_function():
    from jobs.deadline import FUNCTION_TIMEOUT_S, LAST_WORD_LIMIT_S, WORK_LIMIT_S
    from settings import Settings

    host = json.loads((PROJECT / "host.json").read_text())

    hours, minutes, seconds = map(int, host["functionTimeout"].split(":"))
    longest_s = Settings.model_fields["max_processing_time_s"].metadata[1].le
    assert hours * 3600 + minutes * 60 + seconds == FUNCTION_TIMEOUT_S
    assert longest_s < WORK_LIMIT_S < LAST_WORD_LIMIT_S < FUNCTION_TIMEOUT_S


def _own_modules(file: Path) -> set[str]:
    """The project's own top-level files and folders that a file imports from."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    found = {n for n in names if (PROJECT / n / "__init__.py").exists()}
    return found | {f"{n}.py" for n in names if (PROJECT / f"{n}.py").exists()}
