"""While storage is silent one thread of a worker asks, ever more seldom, and all are heard."""

import threading
import time

import pytest

from errors import StorageUnavailableError
from worker import outage
from worker.outage import Outage
from worker.shutdown import Shutdown


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "FIRST_PAUSE_S", 0.01)


def test_of_all_who_wait_one_asks_at_a_time_and_all_are_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting, heard, asking = Outage(), [], []
    answers = threading.Event()

    def ask() -> None:
        asking.append(threading.current_thread())
        if not answers.is_set():
            raise StorageUnavailableError
        heard.append(threading.current_thread())

    def wait() -> None:
        waiting.wait_out(ask, Shutdown(), time.monotonic() + 60)

    threads = [threading.Thread(target=wait) for _ in range(6)]
    for thread in threads:
        thread.start()
    while len(asking) < 5:
        time.sleep(0.01)
    askers = set(asking)
    answers.set()
    for thread in threads:
        thread.join()

    assert len(askers) == 1
    assert set(heard) == set(threads)


def test_the_longer_the_silence_the_longer_the_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    class Ending(Shutdown):
        def wait(self, seconds: float) -> None:
            pauses.append(seconds)

    def ask() -> None:
        if len(pauses) < 6:
            raise StorageUnavailableError

    monkeypatch.setattr(outage, "FIRST_PAUSE_S", 1.0)
    Outage().wait_out(ask, Ending(), time.monotonic() + 60)

    assert pauses == [1, 2, 4, 5, 5, 5]
