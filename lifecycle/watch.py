"""Things that clients wait for: each is looked at once a second, however many wait for it."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Generic, TypeVar

from errors.requests import TooManyRequestsError
from lifecycle.services import Services
from worker.shutdown import Shutdown

T = TypeVar("T")
U = TypeVar("U")

LOOK_EVERY_S = 1.0
MOST_WATCHES = 1000
# Of our own: those of the event loop are few, and a storage that hangs would hold all of them.
THREADS = 40
TOO_MANY = "Too many requests wait at the moment; ask without waiting."


def watches_of(services: Services, look: Callable[[Services, str], T]) -> "Watches[T]":
    """Those of this process; `look` may take a while."""
    return Watches(services.shutdown, partial(look, services), MOST_WATCHES)


class Watches(Generic[T]):
    """Looks at things by name, in threads; belongs to one event loop."""

    def __init__(
        self, shutdown: Shutdown, look: Callable[[str], T], most: int = MOST_WATCHES
    ) -> None:
        self._shutdown = shutdown
        self._look = look
        self._most = most
        self._count = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="watch")
        # Looks by name, the latest last, with the time at which each began.
        self._looks: OrderedDict[str, tuple[asyncio.Future[T], float]] = OrderedDict()

    @property
    def is_ending(self) -> bool:
        """Whether this process is to end, and nobody may wait any longer."""
        return self._shutdown.is_requested

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Counts somebody who waits; raises TooManyRequestsError when there are too many."""
        if self._count >= self._most:
            raise TooManyRequestsError(TOO_MANY, retry_after_s=2)
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1

    async def now(self, name: str) -> T:
        """As it is now; raises what the look raises."""
        return await asyncio.shield(self._begin(name))

    async def recent(self, name: str) -> T:
        """As it was less than LOOK_EVERY_S ago, seen by whoever looked then."""
        known = self._looks.get(name)
        if known is None or time.monotonic() - known[1] >= LOOK_EVERY_S:
            return await self.now(name)
        return await asyncio.shield(known[0])

    async def awaited(self, name: str, wait_s: float, is_news: Callable[[T], bool]) -> T:
        """As soon as there is news, or as it is when the time is over or this process is to end.

        Raises TooManyRequestsError when too many wait already.
        """
        with self.one_more():
            until_s = time.monotonic() + wait_s
            while True:
                left_s = until_s - time.monotonic()
                await asyncio.sleep(max(0.0, min(LOOK_EVERY_S, left_s)))
                seen = await self.recent(name)
                is_over = time.monotonic() >= until_s or self.is_ending
                if is_over or is_news(seen):
                    return seen

    async def ask(self, question: Callable[[], U]) -> U:
        """The answer to any other question that may take a while."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, question)

    def _begin(self, name: str) -> asyncio.Future[T]:
        now_s, loop = time.monotonic(), asyncio.get_running_loop()
        look = loop.run_in_executor(self._threads, partial(self._look, name))
        look.add_done_callback(_retrieve_exception)
        self._looks[name] = look, now_s
        self._looks.move_to_end(name)
        while next(iter(self._looks.values()))[1] < now_s - LOOK_EVERY_S:
            self._looks.popitem(last=False)
        return look


def _retrieve_exception(look: "asyncio.Future[T]") -> None:
    """Whoever asked may be gone: what it ended with is no news to the event loop."""
    if not look.cancelled():
        look.exception()
