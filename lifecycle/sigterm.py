"""SIGTERM ends the process, but not before its jobs are handed back."""

import os
import signal
import threading
import time
from types import FrameType

from lifecycle.services import log
from lifecycle.stopping import LET_GO_LIMIT_S, Stopping

# For the host to hear that the functions have returned.
FAREWELL_S = 0.5


def hand_back_on_sigterm(stopping: Stopping) -> None:
    """Lets SIGTERM hand back every job before it ends this process; a second one ends it at once.

    Only a main thread can: elsewhere the process dies at once, and its leases lapse.
    """
    if threading.current_thread() is not threading.main_thread():
        log.warning("SIGTERM will not hand jobs back: the app was not loaded by the main thread")
        return

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- what a handler is
        if stopping.is_requested:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.raise_signal(signal.SIGTERM)
        stopping.request()
        threading.Thread(target=_end, args=(stopping,), name="stopping", daemon=True).start()

    signal.signal(signal.SIGTERM, stop)


def _end(stopping: Stopping) -> None:
    """In a thread of its own: a handler must return at once."""
    log.warning("SIGTERM: no attempt begins any more, and jobs are handed back")
    if not stopping.let_go():
        log.error("not every job was handed back in %.0f s; their leases lapse", LET_GO_LIMIT_S)
    time.sleep(FAREWELL_S)
    os.kill(os.getpid(), signal.SIGTERM)
