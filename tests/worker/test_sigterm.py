"""SIGTERM in a process of its own: jobs are let go of first, and nobody can keep the signal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 180  # only what hangs takes so long
# A worker with an attempt that ends as soon as it may. What a server may do with signals after us
# goes in the middle.
WORKER = """
import signal, sys, threading, time
from worker.sigterm import hand_back_on_sigterm
from worker.shutdown import Shutdown

stopping = Shutdown()
hand_back_on_sigterm(stopping)
{after}

def work():
    {before}
    with stopping.attempt():
        print("at work", flush=True)
        while not stopping.is_requested:
            time.sleep(0.01)
        {delay}
    print("let go", flush=True)

threading.Thread(target=work).start()
{main}
while True:
    time.sleep(0.05)
"""
# The HTTP server of the extension that streams bodies; it takes the signal as soon as it runs.
SERVER = """
import uvicorn

async def nothing(scope, receive, send):
    pass

uvicorn.run(nothing, port=0, lifespan="off", log_level="critical")
"""
SERVED = "while 'uvicorn' not in signal.getsignal(signal.SIGTERM).__module__: time.sleep(0.01)"
AFTER = {
    "alone": "",
    "with another handler": "signal.signal(signal.SIGTERM, lambda number, frame: None)",
    "with an event loop's signals": "signal.set_wakeup_fd(-1)",
}


@pytest.fixture
def started():
    """Starts workers; none outlives the test."""
    workers = []

    def start(after="", before="", delay="", main=""):
        code = WORKER.format(after=after, before=before, delay=delay, main=main)
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


def test_a_server_that_ends_first_and_repeats_the_signal_cuts_nobody_short(started):
    worker = started(before=SERVED, delay="time.sleep(3)", main=SERVER)

    worker.terminate()

    assert worker.communicate(timeout=LIMIT_S)[0] == b"let go\n"
    assert worker.returncode == 128 + signal.SIGTERM


def test_another_signal_ends_nothing(started):
    worker = started("signal.signal(signal.SIGUSR1, lambda number, frame: None)")

    os.kill(worker.pid, signal.SIGUSR1)

    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(1)
    worker.terminate()
    assert worker.communicate(timeout=LIMIT_S)[0] == b"let go\n"
