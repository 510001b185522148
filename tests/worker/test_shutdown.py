"""The end of a worker: no attempt begins, and what those that run wait for is killed."""

import subprocess
import threading
import time
from contextlib import suppress

import pytest

from errors import WorkerStoppedError
from worker import shutdown
from worker.shutdown import Shutdown


def test_no_attempt_begins_once_the_worker_is_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "END_LIMIT_S", 0.1)
    ending = Shutdown()
    ending.request()

    with pytest.raises(WorkerStoppedError), ending.attempt():
        pytest.fail("it began")


def test_a_check_stops_whoever_asks_once_the_worker_is_to_end() -> None:
    ending = Shutdown()
    ending.check()
    ending.request()

    with pytest.raises(WorkerStoppedError):
        ending.check()


def test_whoever_works_for_an_attempt_is_killed_until_all_have_ended(tmp_path) -> None:
    ending = Shutdown()
    deaths: list[int] = []

    def work() -> None:
        with suppress(WorkerStoppedError), ending.attempt(), ending.working_in(tmp_path):
            # It starts another, as an encoder with a second try does.
            deaths.append(subprocess.run(["sleep", "60"], cwd=tmp_path).returncode)
            deaths.append(subprocess.run(["sleep", "60"], cwd=tmp_path).returncode)

    worker = threading.Thread(target=work)
    worker.start()
    while not ending._folders:
        time.sleep(0.01)

    assert ending.drain()
    worker.join()
    assert deaths == [-9, -9]


def test_who_does_not_let_go_is_not_waited_for_for_ever() -> None:
    ending = Shutdown()

    with ending.attempt():
        assert not ending.drain(limit_s=0.2)

    assert ending.drain(limit_s=0.2)
