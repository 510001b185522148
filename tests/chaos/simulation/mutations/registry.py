"""Takes one fence or one order out of the protocol, from outside and for a while."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

Mutation = Callable[[], AbstractContextManager[None]]
MUTATIONS: dict[str, Mutation] = {}


@contextmanager
def replaced(place: Any, name: str, stand_in: Any) -> Iterator[None]:
    """Within the block `place.name` is another thing."""
    real = getattr(place, name)
    setattr(place, name, stand_in)
    try:
        yield
    finally:
        setattr(place, name, real)


def mutation(place: Any, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a function the stand-in for `place.name`; the mutation is called as the function is."""

    def register(stand_in: Callable[..., Any]) -> Callable[..., Any]:
        MUTATIONS[stand_in.__name__] = lambda: replaced(place, name, stand_in)
        return stand_in

    return register
