"""How many jobs this process takes by itself, beside those that its host hands it."""

import threading

# Nobody else is at work then, or one or two; the host's own listener takes what comes after.
MOST_AT_WORK = 3
# Each beside up to six of the host's, for which memory and cores must do as well.
MOST_TAKEN = 2


class SpareRoom:
    """Counts them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, at_work: int) -> bool:
        """Takes the place for one more job, if there is one beside those that are at work."""
        with self._lock:
            if self._taken >= MOST_TAKEN or at_work >= MOST_AT_WORK:
                return False
            self._taken += 1
            return True

    def give_back(self) -> None:
        """The job has ended, or did not begin."""
        with self._lock:
            self._taken -= 1
