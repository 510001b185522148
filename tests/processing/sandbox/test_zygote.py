"""The warm process serves all threads, leaks nothing, and may be lost without losing an image."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from errors import EncodingError, TimeLimitError
from harness.rig.processes import children, is_running, open_files, resident_kb, wait_for
from harness.samples import media
from order import Order
from processing.allowance import Allowance
from processing.compress import compress
from processing.image import child as image_child
from processing.sandbox import zygote_process
from processing.sandbox.limits import Bounds
from processing.sandbox.zygote import Zygote, ZygoteLostError

ROOT = Path(__file__).parents[3]
SLEEP = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
# A worker whose pool threads have come and gone, with a child under way.
WORKER = f"""
import signal, sys, threading, time
from pathlib import Path
from processing.sandbox.zygote import Zygote
from processing.sandbox.limits import Bounds

signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs us may ignore it
zygote = Zygote("tests.processing.sandbox.forked_module")
def job(code):
    bounds = Bounds(time.monotonic() + 60, memory_bytes=2**30, file_bytes=2**30)
    zygote.run({{"action": "run", "code": code}}, cwd=Path("."), bounds=bounds,
                listener=lambda line: not print(zygote.pid, line, flush=True))
for code in ("print(0)", {SLEEP!r}):
    thread = threading.Thread(target=job, args=(code,), daemon=True)
    thread.start()
    if code == "print(0)":
        thread.join()
time.sleep(60)
"""


@pytest.fixture
def zygote(monkeypatch):
    """One of the test's own, in the place of the process's."""
    zygote = Zygote("tests.processing.sandbox.forked_module")
    monkeypatch.setattr(image_child, "ZYGOTE", zygote)
    yield zygote
    zygote.close()


@pytest.fixture
def source(tmp_path):
    media.photo((64, 64)).save(tmp_path / "in", "JPEG", quality=95)
    return tmp_path / "in"


def limits(seconds=30):
    return Bounds(time.monotonic() + seconds, memory_bytes=2**30, file_bytes=2**30)


def squeezed(source, folder):
    folder.mkdir(exist_ok=True)
    return compress(source, folder, Order(), Allowance(), lambda _: None)


def test_many_jobs_leave_no_descriptor_no_process_and_no_memory_behind(zygote, source, tmp_path):
    squeezed(source, tmp_path / "work")
    server = zygote.pid
    gc.collect()
    ours, theirs = open_files(os.getpid()), open_files(server)
    memory_kb = resident_kb(server)

    for _ in range(200):
        squeezed(source, tmp_path / "work")

    assert zygote.pid == server
    # One leaked by each job would be 200; what earlier tests of this process left open may close.
    assert wait_for(lambda: open_files(os.getpid()) < ours + 10 and open_files(server) <= theirs)
    assert children(server) == []
    assert resident_kb(server) - memory_kb < 1024


def test_many_threads_share_one_and_get_their_own_results(zygote, tmp_path):
    def work(side):
        folder = tmp_path / str(side)
        folder.mkdir()
        media.photo((side, 32)).save(folder / "in", "PNG")
        return squeezed(folder / "in", folder / "work").path.parent.parent.name

    with ThreadPoolExecutor(6) as pool:
        names = list(pool.map(work, range(32, 62)))

    assert names == [str(side) for side in range(32, 62)]
    assert children(zygote.pid) == []


def test_a_thread_that_ends_does_not_take_it_along(zygote, source, tmp_path):
    thread = threading.Thread(target=squeezed, args=(source, tmp_path / "one"))
    thread.start()
    thread.join()
    server = zygote.pid

    squeezed(source, tmp_path / "two")

    assert zygote.pid == server


def test_one_that_died_between_two_images_is_replaced(zygote, source, tmp_path):
    squeezed(source, tmp_path / "work")
    server = zygote.pid
    os.kill(server, signal.SIGKILL)

    assert squeezed(source, tmp_path / "work").extension == "webp"
    assert zygote.pid != server
    assert server not in children(os.getpid())


def test_one_that_dies_during_a_request_takes_the_fork_along_and_says_so(zygote, tmp_path):
    pids = []

    def listener(line):
        pids.append(int(line))
        os.kill(zygote.pid, signal.SIGKILL)
        return True

    with pytest.raises(ZygoteLostError):
        zygote.run(
            {"action": "run", "code": SLEEP}, cwd=tmp_path, bounds=limits(), listener=listener
        )

    wait_for(lambda: not is_running(pids[0]), 10)


def test_an_image_whose_zygote_dies_twice_is_made_all_the_same(zygote, source, tmp_path):
    deaths = []

    def on_progress(progress):
        if progress.stage == "encoding" and len(deaths) < 2:
            deaths.append(zygote.pid)
            os.kill(zygote.pid, signal.SIGKILL)

    (tmp_path / "work").mkdir()
    rendition = compress(source, tmp_path / "work", Order(), Allowance(), on_progress)

    assert rendition.size_bytes < source.stat().st_size
    assert len(deaths) >= 1


def test_one_that_does_not_answer_is_replaced(zygote, source, tmp_path, monkeypatch):
    squeezed(source, tmp_path / "work")
    hung = zygote.pid
    os.kill(hung, signal.SIGSTOP)
    monkeypatch.setattr(zygote_process, "ANSWER_S", 2.0)

    assert squeezed(source, tmp_path / "work").extension == "webp"
    assert not is_running(hung)


def test_one_that_never_answers_short_jobs_is_replaced_too(zygote, tmp_path, monkeypatch):
    monkeypatch.setattr(zygote_process, "ANSWER_S", 2.0)
    told = {"action": "run", "code": "print(1)"}
    zygote.run(told, cwd=tmp_path, bounds=limits(), listener=lambda _: True)
    hung = zygote.pid
    os.kill(hung, signal.SIGSTOP)

    for _ in range(2):
        with pytest.raises(TimeLimitError):
            zygote.run(told, cwd=tmp_path, bounds=limits(1.2), listener=lambda _: True)

    assert zygote.run(told, cwd=tmp_path, bounds=limits(9), listener=lambda _: True).status == 0
    assert not is_running(hung)


def test_a_child_that_cannot_be_had_takes_no_other_along(tmp_path, monkeypatch):
    zygote = Zygote("tests.processing.sandbox.barren_zygote")
    refused = []

    def listener(_line):
        with pytest.raises(EncodingError) as caught:
            zygote.run(told, cwd=tmp_path, bounds=limits(), listener=lambda _: True)
        refused.append(caught.type)
        return True

    told = {"action": "run", "code": "print(1, flush=True)"}
    finished = zygote.run(told, cwd=tmp_path, bounds=limits(), listener=listener)
    zygote.close()

    assert finished.status == 0
    assert refused


def test_a_child_that_closes_its_pipes_and_lives_on_takes_no_other_along(
    zygote, tmp_path, monkeypatch
):
    monkeypatch.setattr(zygote_process, "ANSWER_S", 2.0)
    silent = (
        "import os, time\nprint(os.getpid(), flush=True)\nos.close(1)\nos.close(2)\ntime.sleep(60)"
    )
    honest = "import time\nfor _ in range(15):\n    print('here', flush=True)\n    time.sleep(0.3)"
    pids = []

    def job(code, listener):
        request = {"action": "run", "code": code}
        return zygote.run(request, cwd=tmp_path, bounds=limits(), listener=listener)

    with ThreadPoolExecutor(1) as pool:
        neighbour = pool.submit(job, honest, lambda _: True)
        with pytest.raises(EncodingError):
            job(silent, lambda line: not pids.append(int(line)))

    assert neighbour.result().status == 0
    assert not is_running(pids[0])


def test_it_can_gain_no_privileges(zygote, tmp_path):
    said = []
    code = "print(open('/proc/self/status').read())"

    zygote.run({"action": "run", "code": code}, cwd=tmp_path, bounds=limits(), listener=said.append)

    assert "NoNewPrivs:\t1" in said


def test_without_any_the_image_is_made_by_a_cold_child(source, tmp_path, monkeypatch):
    broken = Zygote("tests.processing.no_such_module")
    monkeypatch.setattr(image_child, "ZYGOTE", broken)

    assert squeezed(source, tmp_path / "work").extension == "webp"
    assert broken.pid is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_soon_after_the_worker_ended(tmp_path, number):
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with worker:
        server, child = one_under_way(worker.stdout)

        worker.send_signal(number)

        wait_for(lambda: not is_running(server) and not is_running(child))


def one_under_way(lines):
    for line in lines:
        server, said = line.split(maxsplit=1)
        if said.strip().isdigit() and int(said) > 1:
            return int(server), int(said)
    raise AssertionError
