"""After a worker is killed nothing of it is left: no child, no child's child, no byte."""

import os
import pty
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from harness.rig.processes import is_running
from worker.work_folder import OWN_FOLDER, clear_at_start, remove_abandoned, work_folder

ROOT = Path(__file__).parents[2]
# A child that starts a child of its own, as no encoder of ours does, but as a taken-over one might.
WORKER = """
import sys, time
from pathlib import Path
from worker.work_folder import work_folder
from processing.sandbox.limits import Bounds
from processing.sandbox.program import run
with work_folder(Path(sys.argv[1]), 1) as folder:
    (folder / "source").write_bytes(bytes(1000))
    bounds = Bounds(time.monotonic() + 600, 1 << 30, 1 << 20)
    print("ready", flush=True)
    run(["sh", "-c", "sleep 600 & echo $$ $! > pids; wait"], cwd=folder, bounds=bounds)
"""


def wait_for(what: Callable[[], object], limit_s: float = 180) -> object:
    deadline = time.monotonic() + limit_s
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def killed_worker(root: Path) -> tuple[int, int]:
    """Starts a worker, kills it at its work, and returns its child and that one's child."""
    worker = subprocess.Popen([sys.executable, "-c", WORKER, root], cwd=ROOT, stdout=-1)
    with worker:
        assert worker.stdout.readline() == b"ready\n"
        (folder,) = (root / OWN_FOLDER).iterdir()
        pids = wait_for(lambda: (folder / "pids").exists() and (folder / "pids").read_text())
        worker.kill()
    child, grandchild = map(int, str(pids).split())
    return child, grandchild


def test_a_killed_workers_folder_goes_at_once_with_all_who_work_in_it(tmp_path: Path) -> None:
    child, grandchild = killed_worker(tmp_path / "work")
    wait_for(lambda: not is_running(child))  # by the kernel
    assert is_running(grandchild)  # whom the kernel does not tell

    assert remove_abandoned(tmp_path / "work") == 1

    wait_for(lambda: not is_running(grandchild))
    assert list((tmp_path / "work" / OWN_FOLDER).iterdir()) == []


def test_a_worker_clears_at_its_start_what_another_left(tmp_path: Path) -> None:
    child, grandchild = killed_worker(tmp_path / "work")
    wait_for(lambda: not is_running(child))
    settings = {
        "API_KEY": "0123456789abcdef-tested",
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "WORK_DIR": str(tmp_path / "work"),
    }

    subprocess.run(
        [sys.executable, "-c", "import function_app"],
        cwd=ROOT,
        env=os.environ | settings,
        check=True,
    )

    wait_for(lambda: not is_running(grandchild))
    assert list((tmp_path / "work" / OWN_FOLDER).iterdir()) == []


def test_a_work_folder_that_cannot_be_cleared_does_not_keep_a_worker_from_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / OWN_FOLDER / "job-dead").mkdir(parents=True)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("worker.work_folder.kill_processes_in", refuse)

    clear_at_start(tmp_path)

    assert (tmp_path / OWN_FOLDER / "job-dead").exists()


def test_those_who_work_for_a_live_attempt_are_left_alone(tmp_path: Path) -> None:
    with work_folder(tmp_path, 1) as folder:
        child = subprocess.Popen(["sleep", "600"], cwd=folder, start_new_session=True)
        with child:
            assert remove_abandoned(tmp_path) == 0
            still_runs = child.poll() is None
            child.kill()

    assert still_runs


def test_somebody_who_came_to_look_is_not_killed(tmp_path: Path) -> None:
    folder = tmp_path / OWN_FOLDER / "job-dead"
    folder.mkdir(parents=True)
    ours, theirs = pty.openpty()
    visit = ["setsid", "--ctty", "sleep", "600"]
    with subprocess.Popen(visit, cwd=folder, stdin=theirs) as visitor:
        stat = Path(f"/proc/{visitor.pid}/stat")
        wait_for(lambda: stat.read_text().rpartition(")")[2].split()[4] != "0")

        removed = remove_abandoned(tmp_path)

        survived = is_running(visitor.pid)
        visitor.kill()
    os.close(ours)
    os.close(theirs)
    assert (removed, survived) == (1, True)


def test_no_folder_is_taken_for_abandoned_while_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, clearing = tempfile.mkdtemp, []

    def clear_meanwhile(**options: Any) -> str:
        folder = make(**options)
        clearing.append(pool.submit(remove_abandoned, tmp_path))
        wait(clearing, timeout=0.5)
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", clear_meanwhile)
    with ThreadPoolExecutor(1) as pool, work_folder(tmp_path, 1) as folder:
        assert clearing[0].result() == 0
        assert folder.is_dir()
