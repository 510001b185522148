"""What goes on beside a campaign, in a thread of its own."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from worker.background import running

Task = Callable[[threading.Event], None]


@contextlib.contextmanager
def in_background(name: str, task: Task, violations: list[str]) -> Iterator[None]:
    """Runs the task, which ends soon after the event that it is given is set, until the block ends.

    A campaign whose task breaks off early has seen too little: that counts as a violation.
    """

    def run(stop: threading.Event) -> None:
        try:
            task(stop)
        except Exception as error:
            violations.append(f"the {name} broke off: {error!r}")
            raise

    with running(run, name):
        yield
