"""Things that many wait for are looked at once a second."""

import asyncio

import pytest

from errors.requests import TooManyRequestsError, UnknownJobError
from lifecycle import watch
from lifecycle.watch import Watches
from worker.shutdown import Shutdown


class Looked:
    """What was looked at, in which order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str) -> int:
        self.names.append(name)
        if name == "nobody":
            raise UnknownJobError
        return len(self.names)


@pytest.fixture
def looked() -> Looked:
    return Looked()


def test_who_asks_now_is_told_what_is_now(looked: Looked) -> None:
    async def ask() -> list[int]:
        watches = Watches(Shutdown(), looked)
        return [await watches.now("a"), await watches.now("a")]

    assert asyncio.run(ask()) == [1, 2]


def test_two_hundred_who_wait_for_one_thing_are_one_look(
    looked: Looked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_EVERY_S", 3600.0)

    async def ask() -> list[int]:
        watches = Watches(Shutdown(), looked)
        return await asyncio.gather(*(watches.recent("a") for _ in range(200)))

    assert asyncio.run(ask()) == [1] * 200
    assert looked.names == ["a"]


def test_what_was_seen_long_ago_is_looked_at_again_and_forgotten(
    looked: Looked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_EVERY_S", 0.0)

    async def ask() -> int:
        watches = Watches(Shutdown(), looked)
        for name in ("a", "b", "a", "c"):
            await watches.recent(name)
            await asyncio.sleep(0.001)
        return len(watches._looks)

    assert asyncio.run(ask()) == 1
    assert looked.names == ["a", "b", "a", "c"]


def test_everybody_who_waits_is_told_what_went_wrong(looked: Looked) -> None:
    async def ask() -> list[object]:
        watches = Watches(Shutdown(), looked)
        asked = (watches.recent("nobody") for _ in range(3))
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [type(each) for each in asyncio.run(ask())] == [UnknownJobError] * 3


def test_one_who_leaves_takes_the_look_from_nobody(looked: Looked) -> None:
    async def ask() -> int:
        watches = Watches(Shutdown(), looked)
        leaving = asyncio.ensure_future(watches.recent("a"))
        staying = asyncio.ensure_future(watches.recent("a"))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert asyncio.run(ask()) == 1


def test_more_than_the_most_are_refused_and_room_comes_back(looked: Looked) -> None:
    watches = Watches(Shutdown(), looked, most=2)

    with watches.one_more(), watches.one_more():
        with pytest.raises(TooManyRequestsError) as refusal, watches.one_more():
            pass
        assert refusal.value.retry_after_s == 2
    with watches.one_more():
        pass
