"""The fuzzer itself: it notices what it is there to notice, and does the same twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from errors import CorruptMediaError
from harness.hostile.fuzz.cases import Case, case, kept, seeds, stored
from harness.hostile.fuzz.checking import Room
from harness.rig.processes import children, wait_for
from processing.rendition import Rendition
from processing.sandbox.limits import Bounds
from processing.sandbox.program import run


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    return seeds("images", tmp_path_factory.mktemp("seeds"), [])


@pytest.fixture
def damaged(honest):
    return case("images", seed=5, index=3, honest=honest)


def finding(tmp_path, damaged: Case, compress):
    return Room(tmp_path, compress).check(damaged)


def written(work_dir: Path, size: int) -> Rendition:
    path = work_dir / "rendition.jpg"
    path.write_bytes(bytes(size))
    return Rendition(path, "jpg", "image/jpeg", size, size, None, ())


def test_an_error_with_a_code_is_no_violation(tmp_path, damaged):
    def refuse(*_):
        raise CorruptMediaError

    found = finding(tmp_path, damaged, refuse)

    assert (found.outcome, found.violations) == ("CORRUPT", [])


def test_an_error_without_a_code_is_noticed(tmp_path, damaged):
    def fail(*_):
        raise ValueError("seek")

    found = finding(tmp_path, damaged, fail)

    assert found.outcome == "ValueError"
    assert found.violations != []


def test_a_result_that_is_larger_and_does_not_open_is_noticed(tmp_path, damaged):
    def grow(source, work_dir, *_):
        return written(work_dir, len(damaged.data) + 1)

    found = " ".join(finding(tmp_path, damaged, grow).violations)

    assert "larger" in found
    assert "does not open" in found


def test_what_is_left_behind_is_noticed(tmp_path, damaged):
    def litter(source, work_dir, *_):
        (work_dir / "half").touch()
        (source.parent / "outside").touch()
        return written(work_dir, 1)

    found = " ".join(finding(tmp_path, damaged, litter).violations)

    assert "left behind" in found
    assert "outside its folder" in found


def test_a_child_of_the_warm_process_that_is_left_running_is_noticed(tmp_path, damaged):
    child = "import time; time.sleep(600)"
    server = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[2], sys.argv[1]])"
    )
    started = []

    def leak(source, work_dir, *_):
        words = [sys.executable, "-c", server, "processing.sandbox.zygote_main", child]
        started.append(subprocess.Popen(words, start_new_session=True))
        wait_for(lambda: children(started[0].pid))
        return written(work_dir, 1)

    found = " ".join(finding(tmp_path, damaged, leak).violations)
    os.killpg(started[0].pid, signal.SIGKILL)
    started[0].wait()

    assert "left running" in found


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_child_that_crashed_is_noticed_whatever_we_answer(tmp_path, damaged, number):
    def crash(source, work_dir, *_):
        bounds = Bounds(time.monotonic() + 600, memory_bytes=2**30, file_bytes=2**20)
        run(["/bin/sh", "-c", f"kill -{int(number)} $$"], cwd=work_dir, bounds=bounds)

    found = finding(tmp_path, damaged, crash)

    assert found.outcome == "ENCODER_KILLED"
    assert "a child crashed" in found.violations


def test_progress_that_goes_back_is_noticed(tmp_path, damaged):
    from processing.progress import Progress, Stage

    def stumble(source, work_dir, order, allowance, on_progress):
        on_progress(Progress(Stage.ENCODING, 50.0))
        on_progress(Progress(Stage.ENCODING, 40.0))
        return written(work_dir, 1)

    assert "progress went back" in finding(tmp_path, damaged, stumble).violations


def test_a_number_and_an_index_always_make_the_same_file(honest):
    first = [case("images", 5, index, honest) for index in range(200)]

    assert first == [case("images", 5, index, honest) for index in range(200)]
    assert first != [case("images", 6, index, honest) for index in range(200)]


def test_a_kept_file_comes_back_as_it_was(tmp_path, damaged):
    assert kept(stored(damaged, "because", tmp_path)) == damaged


def test_real_damage_is_answered_without_a_violation(tmp_path, honest):
    room = Room(tmp_path)

    found = [room.check(case("images", 9, index, honest)) for index in range(16)]

    assert [each.violations for each in found if each.violations] == []
