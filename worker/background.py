"""What goes on in a thread of its own while something else is done."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def running(task: Callable[[threading.Event], None], name: str) -> Iterator[None]:
    """Runs the task until the block ends; it is given the event by which it learns of that."""
    stop = threading.Event()
    thread = threading.Thread(target=task, args=(stop,), name=name)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
