"""SIGTERM in a process of its own: jobs are let go of first, and nobody can keep the signal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 30
# A worker with an attempt that ends as soon as it may. What a server may do with signals after us
# goes in the middle.
WORKER = """
import signal, sys, threading, time
from lifecycle.sigterm import hand_back_on_sigterm
from lifecycle.stopping import Stopping

stopping = Stopping()
hand_back_on_sigterm(stopping)
{after}

def work():
    with stopping.attempt():
        print("at work", flush=True)
        while not stopping.is_requested:
            time.sleep(0.01)
        {delay}
    print("let go", flush=True)

threading.Thread(target=work).start()
while True:
    time.sleep(0.05)
"""
AFTER = {
    "alone": "",
    "with another handler": "signal.signal(signal.SIGTERM, lambda number, frame: None)",
    "with an event loop's signals": "signal.set_wakeup_fd(-1)",
}


@pytest.fixture
def started():
    """Starts workers; none outlives the test."""
    workers = []

    def start(after="", delay=""):
        code = WORKER.format(after=after, delay=delay)
        worker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
        workers.append(worker)
        assert worker.stdout.readline() == b"at work\n"
        return worker

    yield start
    for worker in workers:
        worker.kill()
        worker.communicate()


@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER)
def test_a_worker_ends_when_its_attempts_have_let_go(started, after):
    worker = started(after)

    worker.terminate()

    said, _ = worker.communicate(timeout=LIMIT_S)
    assert said == b"let go\n"
    assert worker.returncode == 128 + signal.SIGTERM


def test_a_second_sigterm_ends_a_worker_at_once(started):
    worker = started(delay="print('held up', flush=True); time.sleep(60)")
    worker.terminate()
    assert worker.stdout.readline() == b"held up\n"

    worker.terminate()

    said, _ = worker.communicate(timeout=10)
    assert said == b""


def test_another_signal_ends_nothing(started):
    worker = started("signal.signal(signal.SIGUSR1, lambda number, frame: None)")

    os.kill(worker.pid, signal.SIGUSR1)

    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(1)
    worker.terminate()
    assert worker.communicate(timeout=LIMIT_S)[0] == b"let go\n"
