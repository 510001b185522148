"""A forked child is bounded, watched, alone, and gone afterwards, just as one of its own is."""

import json
import os
import signal
import threading
import time

import pytest

from errors import EncoderKilledError, EncodingError, TimeLimitError
from harness.rig.processes import is_running, wait_for
from processing.sandbox.limits import Bounds
from processing.sandbox.watch import _STDERR_TAIL_BYTES
from processing.sandbox.zygote import Zygote

GIGABYTE = 1024**3


def bounds(seconds=20.0, **changes):
    words = {"memory_bytes": GIGABYTE, "file_bytes": GIGABYTE, **changes}
    return Bounds(deadline=time.monotonic() + seconds, **words)


@pytest.fixture(scope="module")
def zygote():
    zygote = Zygote("tests.processing.sandbox.forked_module")
    yield zygote
    zygote.close()


@pytest.fixture
def do(zygote, tmp_path):
    """Have a child run some code, and tell how it ended and which lines it said."""

    def run(code, limits=None, listener=None):
        said = []
        finished = zygote.run(
            {"action": "run", "code": code},
            cwd=tmp_path,
            bounds=limits or bounds(),
            listener=listener or (lambda line: not said.append(line)),
        )
        return finished, said

    return run


def test_its_status_its_words_and_the_end_of_its_complaints_are_kept(do):
    finished, said = do(
        "import sys\nprint('out')\nsys.stderr.write('x' * 100000 + 'end')\nsys.exit(3)"
    )

    assert (finished.status, said) == (3, ["out"])
    assert finished.errors.endswith("xend")
    assert len(finished.errors) <= _STDERR_TAIL_BYTES


def test_what_it_does_not_catch_is_told_in_full(do):
    finished, _ = do("raise KeyError('oh')")

    assert finished.status == 1
    assert "KeyError: 'oh'" in finished.errors


def test_it_sees_nothing_of_our_environment_and_reads_nothing(do, tmp_path, monkeypatch):
    monkeypatch.setenv("API_KEY", "secret")

    _, said = do(
        "import os, sys, tempfile\nprint(sorted(os.environ))\nprint(repr(sys.stdin.read()))\n"
        "print(oct(os.umask(0)), os.getcwd(), tempfile.gettempdir())"
    )

    names = ["HOME", "LC_ALL", "MALLOC_ARENA_MAX", "PATH", "PYTHONPATH", "TMPDIR"]
    assert said[0] == str(names)
    assert said[1:3] == ["''", f"0o77 {tmp_path} {tmp_path}"]


def test_it_has_nothing_open_but_its_own_two_pipes(do, zygote, tmp_path):
    waiting = threading.Event()
    neighbour = threading.Thread(
        target=zygote.run,
        args=({"action": "run", "code": "open('mine', 'w')\nprint()\nimport time\ntime.sleep(1)"},),
        kwargs={"cwd": tmp_path, "bounds": bounds(), "listener": lambda _: not waiting.set()},
    )
    neighbour.start()
    waiting.wait(20)

    _, said = do(
        "import os\nfor n in os.listdir('/proc/self/fd'):\n"
        "  try: print(n, os.readlink('/proc/self/fd/' + n))\n  except OSError: pass"
    )
    neighbour.join()

    opened = dict(line.split(" ", 1) for line in said[:-1])
    assert sorted(opened) == ["0", "1", "2"]
    assert opened["0"] == "/dev/null"
    assert opened["1"] != opened["2"]


def test_it_knows_nothing_of_the_job_before_it(do):
    do("import builtins, sys\nbuiltins.left = sys.left = 'a secret of this job'")

    _, said = do("import builtins, sys\nprint(hasattr(builtins, 'left') or hasattr(sys, 'left'))")

    assert said[0] == "False"


def test_it_leads_a_session_of_its_own_and_is_limited_in_everything(do):
    _, said = do(
        "import json, os, resource\nprint(os.getsid(0) == os.getpid() == os.getpgrp())\n"
        "names = ['AS', 'FSIZE', 'NOFILE', 'CORE']\n"
        "print(json.dumps([resource.getrlimit(getattr(resource, 'RLIMIT_' + n)) for n in names]))\n"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[0])",
        bounds(10, file_bytes=5000),
    )

    assert said[0] == "True"
    assert json.loads(said[1]) == [[GIGABYTE] * 2, [5000] * 2, [64] * 2, [0, 0]]
    assert 0 < int(said[2]) <= 15 * (os.cpu_count() or 1)


def test_it_is_stopped_at_the_deadline_with_all_its_children(do, tmp_path):
    began = time.monotonic()

    with pytest.raises(TimeLimitError):
        do(
            "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "pid = os.fork()\npid and open('pid', 'w').write(str(pid))\ntime.sleep(60)",
            bounds(2),
        )

    assert time.monotonic() - began < 6
    pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: not is_running(pid), 10)


def test_what_it_leaves_behind_ends_with_it(do, tmp_path):
    finished, _ = do(
        "import os, time\npid = os.fork()\n"
        "if pid == 0:\n  os.closerange(0, 3)\n  time.sleep(60)\nopen('pid', 'w').write(str(pid))"
    )

    assert finished.status == 0
    pid = int((tmp_path / "pid").read_text())
    wait_for(lambda: not is_running(pid), 10)


def test_it_is_stopped_when_it_makes_no_progress(do):
    began = time.monotonic()

    with pytest.raises(TimeLimitError):
        do(
            "import time\nwhile True: print('still here', flush=True); time.sleep(0.05)",
            bounds(30, stall_s=0.4),
            listener=lambda line: False,
        )

    assert time.monotonic() - began < 20


def test_what_the_listener_raises_stops_it(do):
    def listener(line):
        raise KeyError(line)

    began = time.monotonic()
    with pytest.raises(KeyError):
        do("import time\nprint('once', flush=True)\ntime.sleep(60)", bounds(60), listener=listener)

    assert time.monotonic() - began < 5


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_death_by_a_signal_is_a_killed_encoder(do, number):
    with pytest.raises(EncoderKilledError):
        do(f"import os\nos.kill(os.getpid(), {int(number)})")


def test_all_of_its_processor_time_is_a_time_limit(do):
    with pytest.raises(TimeLimitError):
        do("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 5))\nwhile True: pass")


def test_memory_has_a_limit(do):
    _, said = do("b'x' * 2**29", bounds(memory_bytes=GIGABYTE // 2))

    assert json.loads(said[-1])["error"] == "LimitPixelsError"


def test_memory_below_its_limit_can_be_had(do):
    _, said = do("b'x' * (3 * 2**27)", bounds(memory_bytes=GIGABYTE // 2))

    assert json.loads(said[-1]) == {"done": True}


def test_files_have_a_limit(do, tmp_path):
    _, said = do("open('big', 'wb').write(bytes(2**20))", bounds(file_bytes=1024))

    assert json.loads(said[-1])["error"] == "EncodingError"
    assert (tmp_path / "big").stat().st_size <= 1024


def test_endless_words_are_cut_off(do):
    with pytest.raises(EncodingError):
        do("while True: print('y' * 9999, end='')")


def test_the_process_it_comes_from_has_one_thread(do):
    _, said = do("import os\nprint(len(os.listdir(f'/proc/{os.getppid()}/task')))")

    assert said[0] == "1"
