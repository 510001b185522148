"""The environment's set-up, on machines that lack something."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash")
TOOLS = ("dirname", "sha256sum", "mktemp", "tail", "rm", "flock", "cat")


@pytest.fixture
def project(tmp_path):
    """A checkout without an environment, in a folder with a space in its name."""
    home = tmp_path / "my project"
    (home / "scripts/support").mkdir(parents=True)
    (home / "devhost/npm").mkdir(parents=True)
    for name in ("scripts/setup", "scripts/support/setup.sh", "devhost/npm/package-lock.json"):
        shutil.copy(ROOT / name, home / name)
    shutil.copy(ROOT / "requirements-dev.txt", home)
    return home


@pytest.fixture
def commands(tmp_path):
    """A PATH with little on it: what every system has, but no Python, ffmpeg, Node or apt."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))
    return folder


def add(commands, name, script):
    (commands / name).write_text(f"#!{BASH}\n{script}\n")
    (commands / name).chmod(0o755)


def run(project, commands, script, **variables):
    environment = {"PATH": str(commands), "HOME": str(project), **variables}
    return subprocess.run(
        [BASH, "-euo", "pipefail", "-c", f'source "{project}/scripts/support/setup.sh"; {script}'],
        capture_output=True,
        text=True,
        env=environment,
        cwd="/",
    )


def test_a_pyenv_command_that_does_not_work_is_passed_over(project, commands):
    add(commands, "python3.13", 'echo "pyenv: python3.13: command not found" >&2; exit 127')
    add(commands, "python3", f'exec "{sys.executable}" "$@"')

    found = run(project, commands, "find_python")

    assert found.stdout.strip() == str(commands / "python3")


def test_the_interpreter_inside_the_environment_is_not_used_to_make_it(project, commands):
    (project / ".venv/bin").mkdir(parents=True)
    add(project / ".venv/bin", "python3", f'exec "{sys.executable}" "$@"')
    add(commands, "python3.11", f'exec "{sys.executable}" "$@"')

    found = run(project, commands, "find_python")

    assert found.stdout.strip() == str(commands / "python3.11")


def test_an_unsuitable_python_is_named(project, commands):
    add(commands, "python3", '[[ $1 == --version ]] && echo "Python 3.9.2" || exit 1')

    refused = run(project, commands, "setup")

    assert refused.returncode == 1
    assert refused.stderr.strip().endswith("3.13 is needed; found only Python 3.9.2.")
    assert len(refused.stderr.splitlines()) == 1


def test_a_wrong_choice_of_python_is_refused(project, commands):
    refused = run(project, commands, "setup", PYTHON="/nowhere/python")

    assert refused.returncode == 1
    assert "PYTHON=/nowhere/python is not a working Python" in refused.stderr


def test_everything_that_only_the_system_can_give_is_asked_for_at_once(project, commands):
    add(commands, "python3", f'[[ $2 == *ensurepip* ]] && exit 1; exec "{sys.executable}" "$@"')

    refused = run(project, commands, "setup")

    version = ".".join(map(str, sys.version_info[:2]))
    assert refused.returncode == 1
    assert f"missing: python{version}-venv ffmpeg;" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize("user", [0, 1000])
def test_apt_is_used_by_root_and_named_to_others(project, commands, user):
    add(commands, "python3", f'exec "{sys.executable}" "$@"')
    add(commands, "apt-get", f'echo "$*" >> "{project}/apt.log"; exit 100')
    given = (project / "scripts/support/setup.sh").read_text()
    (project / "scripts/support/setup.sh").write_text(given.replace("EUID", "given_euid"))

    refused = run(project, commands, "setup", given_euid=str(user))

    assert refused.returncode == 1
    assert (project / "apt.log").exists() == (user == 0)
    expected = "apt-get update failed." if user == 0 else "run `sudo apt-get install ffmpeg`"
    assert expected in refused.stderr


def test_a_half_made_environment_is_not_taken_for_a_whole_one(project, commands):
    (project / ".venv/bin").mkdir(parents=True)
    add(project / ".venv/bin", "python", "exit 0")
    has_packages = 'has_python_packages && echo whole || echo "not whole"'

    before = run(project, commands, has_packages).stdout.strip()
    run(project, commands, 'write_stamp "$venv" "$root/requirements-dev.txt"')
    after = run(project, commands, has_packages).stdout.strip()
    with (project / "requirements-dev.txt").open("a") as file:
        file.write("another==1\n")
    changed = run(project, commands, has_packages).stdout.strip()

    assert (before, after, changed) == ("not whole", "whole", "not whole")


def test_media_work_waits_neither_for_node_nor_for_azurite(project, commands):
    (project / ".venv/bin").mkdir(parents=True)
    add(project / ".venv/bin", "python", "exit 0")
    for tool in ("ffmpeg", "ffprobe"):
        add(commands, tool, "exit 0")
    run(project, commands, 'write_stamp "$venv" "$root/requirements-dev.txt"')

    for_media = run(project, commands, "setup_media")
    for_the_app = run(project, commands, "setup")

    assert (for_media.returncode, for_media.stderr) == (0, "")
    assert for_the_app.returncode == 1
    assert "Installing Node.js" in for_the_app.stderr


def test_a_system_without_flock_is_told_where_to_work(project, commands):
    (commands / "flock").unlink()

    refused = run(project, commands, "setup")

    assert refused.returncode == 1
    assert "flock (util-linux) is missing" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_an_environment_that_moved_with_its_folder_is_made_again(project, commands, tmp_path):
    (project / ".venv/bin").mkdir(parents=True)
    add(project / ".venv/bin", "python", "exit 0")
    run(project, commands, 'write_stamp "$venv" "$root/requirements-dev.txt"')

    moved = project.rename(tmp_path / "moved")

    assert run(moved, commands, "has_python_packages").returncode == 1


def test_a_failing_tool_shows_its_last_words(project, commands):
    add(commands, "tool", 'for i in {1..50}; do echo "line $i"; done; exit 3')

    refused = run(project, commands, 'run_quietly "The tool failed." tool')

    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-2:] == ["line 50", "bash: The tool failed."]
    assert len(refused.stderr.splitlines()) == 13


def test_a_machine_that_is_set_up_waits_for_nothing():
    if not (ROOT / ".venv/.complete").exists():
        pytest.skip("this environment was not made by scripts/setup")
    without_network = {**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:1", "PIP_NO_INDEX": "1"}

    finished = subprocess.run(
        [ROOT / "scripts/setup"], capture_output=True, text=True, env=without_network, cwd="/"
    )

    assert finished.returncode == 0
    assert finished.stderr == ""
    assert finished.stdout.startswith("Ready: Python 3.")
