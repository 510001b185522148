"""A child process is bounded, watched and gone afterwards, whatever it does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from errors import DiskFullError, EncoderKilledError, EncodingError, TimeLimitError
from processing.sandbox import program
from processing.sandbox.limits import Bounds
from processing.sandbox.watch import ResultTooLargeError

GIGABYTE = 1024**3
SLEEP_IN_A_CHILD = """
import sys, time
from pathlib import Path
from processing.sandbox import program
from processing.sandbox.limits import Bounds
bounds = Bounds(time.monotonic() + 60, memory_bytes=2**30, file_bytes=2**30)
program.run(["sleep", "60"], cwd=Path(sys.argv[1]), bounds=bounds)
"""


def bounds(seconds=10.0, **changes):
    words = {"memory_bytes": GIGABYTE, "file_bytes": GIGABYTE, **changes}
    return Bounds(deadline=time.monotonic() + seconds, **words)


def shell(script, cwd, limits=None, **words):
    return program.run(["/bin/sh", "-c", script], cwd=cwd, bounds=limits or bounds(), **words)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_its_status_its_words_and_the_end_of_its_complaints_are_kept(tmp_path):
    finished = shell("echo out; seq 100000 >&2; exit 3", tmp_path)

    assert (finished.status, finished.output) == (3, "out\n")
    assert finished.errors.endswith("100000\n")
    assert len(finished.errors) <= 16384


def test_it_sees_nothing_of_our_environment_and_reads_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("API_KEY", "secret")

    finished = shell("env; cat; ulimit -c; umask; pwd", tmp_path)

    assert "secret" not in finished.output
    assert finished.output.endswith(f"\n0\n0077\n{tmp_path}\n")


def test_it_reads_nothing_of_ours(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, b"ours")
    os.close(writing)
    kept = os.dup(0)
    os.dup2(reading, 0)
    try:
        finished = shell("cat", tmp_path)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(reading)

    assert finished.output == ""


def test_it_leads_a_session_of_its_own_and_is_limited_in_everything(tmp_path):
    script = "echo $$; cut -d' ' -f5,6 /proc/$$/stat; ulimit -n; ulimit -Hc; ulimit -t"

    said = shell(script, tmp_path, bounds(10)).output.split()

    assert said[0] == said[1] == said[2]
    assert said[3:5] == ["64", "0"]
    assert 0 < int(said[5]) <= 15 * (os.cpu_count() or 1)


def test_it_is_stopped_at_the_deadline_with_all_its_children(tmp_path):
    began = time.monotonic()

    with pytest.raises(TimeLimitError):
        shell("sleep 60 & echo $! >pid; trap '' TERM; sleep 60; sleep 60", tmp_path, bounds(0.5))

    assert time.monotonic() - began < 5
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_it_is_stopped_when_it_makes_no_progress(tmp_path):
    began = time.monotonic()

    with pytest.raises(TimeLimitError):
        shell(
            "while :; do echo still here; sleep 0.05; done",
            tmp_path,
            bounds(30, stall_s=0.4),
            listener=lambda line: False,
        )

    assert time.monotonic() - began < 20


def test_progress_keeps_it_alive(tmp_path):
    heard = []

    def listener(line):
        heard.append(line)
        return True

    script = "for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done"
    finished = shell(script, tmp_path, bounds(30, stall_s=0.4), listener=listener)

    assert (finished.status, heard) == (0, ["1", "2", "3", "4", "5", "6"])


def test_what_the_listener_raises_stops_it(tmp_path):
    def listener(line):
        raise KeyError(line)

    began = time.monotonic()
    with pytest.raises(KeyError):
        shell("echo once; sleep 60", tmp_path, bounds(60), listener=listener)

    assert time.monotonic() - began < 5


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_death_by_a_signal_is_a_killed_encoder(tmp_path, number):
    with pytest.raises(EncoderKilledError):
        shell(f"kill -{int(number)} $$", tmp_path)


def test_a_killed_ffmpeg_that_says_goodbye_is_a_killed_encoder(tmp_path):
    words = ["-f", "lavfi", "-i", "testsrc2", "-f", "null", "-progress", "pipe:1", "-"]
    pids = []

    def listener(line):
        if line.startswith("frame=") and not pids:
            pids.append(children_named("ffmpeg", os.getpid())[0])
            os.kill(pids[0], signal.SIGTERM)
        return True

    with pytest.raises(EncoderKilledError):
        program.run(["ffmpeg", *words], cwd=tmp_path, bounds=bounds(20), listener=listener)


def children_named(name, parent):
    threads = Path(f"/proc/{parent}/task").iterdir()
    children = [pid for thread in threads for pid in (thread / "children").read_text().split()]
    return [
        pid for pid in map(int, children) if Path(f"/proc/{pid}/comm").read_text() == f"{name}\n"
    ]


def test_memory_has_a_limit(tmp_path):
    command = [sys.executable, "-c", "b'x' * 2**30"]

    finished = program.run(command, cwd=tmp_path, bounds=bounds(memory_bytes=GIGABYTE // 2))

    assert "MemoryError" in finished.errors


def test_an_encoder_out_of_memory_was_killed_not_wrong(tmp_path):
    with pytest.raises(EncoderKilledError):
        shell("echo 'x264 [error]: malloc of size 172470464 failed' >&2; exit 1", tmp_path)


def test_a_program_that_is_missing_is_our_fault(tmp_path):
    with pytest.raises(EncodingError):
        program.run(["no-such-program"], cwd=tmp_path, bounds=bounds())


def test_a_machine_without_a_free_process_is_our_fault(tmp_path, monkeypatch):
    def none_left(*_, **__):
        raise BlockingIOError("no process")

    monkeypatch.setattr(subprocess, "Popen", none_left)

    with pytest.raises(EncodingError):
        shell("true", tmp_path)


def test_a_child_that_cannot_be_bound_is_our_fault(tmp_path):
    with pytest.raises(EncodingError):
        shell("true", tmp_path, bounds(memory_bytes="no number"))


def test_a_program_is_found_where_we_find_it(tmp_path, monkeypatch):
    encoder = tmp_path / "our-own-encoder"
    encoder.write_text("#!/bin/sh\necho found")
    encoder.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    finished = program.run([encoder.name], cwd=tmp_path, bounds=bounds())

    assert finished.output == "found\n"


def test_limits_that_are_lower_already_are_kept(tmp_path):
    code = (
        "import resource, sys, time\n"
        "from pathlib import Path\n"
        "from processing.sandbox import program\n"
        "from processing.sandbox.limits import Bounds\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))\n"
        "bounds = Bounds(time.monotonic() + 9, memory_bytes=2**30, file_bytes=2**20)\n"
        "asked = ['/bin/sh', '-c', 'ulimit -v']\n"
        "print(program.run(asked, cwd=Path('.'), bounds=bounds).output)\n"
    )
    root = Path(program.__file__).parents[2]

    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )

    assert answer.stdout.strip() == str(2**29 // 1024), answer.stderr


def test_it_can_gain_no_privileges(tmp_path):
    assert "NoNewPrivs:\t1" in shell("cat /proc/self/status", tmp_path).output


def test_files_have_a_limit(tmp_path):
    with pytest.raises(ResultTooLargeError):
        program.run(
            ["dd", "if=/dev/zero", "of=big", "bs=1M", "count=4", "status=none"],
            cwd=tmp_path,
            bounds=bounds(file_bytes=1024**2),
        )


def test_a_full_disk_has_its_name(tmp_path):
    with pytest.raises(DiskFullError):
        shell("dd if=/dev/zero of=/dev/full bs=1 count=1", tmp_path)


def test_endless_words_are_cut_off(tmp_path):
    with pytest.raises(EncodingError):
        shell("yes", tmp_path)


def test_it_dies_with_us(tmp_path):
    root = Path(program.__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", SLEEP_IN_A_CHILD, str(tmp_path)], cwd=root)
    with parent:
        child = wait_for(lambda: children_named("sleep", parent.pid))[0]

        parent.kill()

    wait_for(lambda: not is_running(child))


def wait_for(what):
    for _ in range(200):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError


def test_nothing_stays_open(tmp_path):
    shell("true", tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(50):
        shell("echo x; echo y >&2", tmp_path)

    # What earlier tests of this process left open may close, or be opened again, meanwhile.
    assert len(list(Path("/proc/self/fd").iterdir())) < before + 10
