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
EXIT_STATUS = 128 + signal.SIGTERM  # as a shell calls an end by it


def hand_back_on_sigterm(stopping: Stopping) -> None:
    """Lets SIGTERM hand back every job before it ends this process; a second one changes nothing.

    Holds whoever handles the signal after us: the server of HTTP streams does, waits until no
    connection is left, which may be never, and then sends the signal to its own process again. Only
    a main thread can ask for signals: where the app is loaded by another, SIGTERM ends the process
    at once, and its leases lapse.
    """
    if threading.current_thread() is not threading.main_thread():
        log.warning("SIGTERM will not hand jobs back: the app was not loaded by the main thread")
        return
    arrivals, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)

    def take_note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- a handler's
        """Nothing is left to do, unless an event loop has taken the wake-up calls for itself."""
        if signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False) != wakeup:
            os.write(wakeup, bytes([number]))

    signal.signal(signal.SIGTERM, take_note)
    threading.Thread(target=_listen, args=(arrivals, stopping), name="sigterm", daemon=True).start()


def _listen(arrivals: int, stopping: Stopping) -> None:
    while arrived := os.read(arrivals, 1):
        if arrived[0] != signal.SIGTERM or stopping.is_requested:
            continue
        stopping.request()
        threading.Thread(target=_end, args=(stopping,), name="stopping", daemon=True).start()


def _end(stopping: Stopping) -> None:
    log.warning("SIGTERM: no attempt begins any more, and jobs are handed back")
    if not stopping.let_go():
        log.error("not every job was handed back in %.0f s; their leases lapse", LET_GO_LIMIT_S)
    time.sleep(FAREWELL_S)
    os._exit(EXIT_STATUS)
