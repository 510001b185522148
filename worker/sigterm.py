"""SIGTERM ends the process, but not before its jobs are handed back."""

import os
import signal
import threading
import time
from types import FrameType

from worker.log import log
from worker.shutdown import DRAIN_LIMIT_S, Shutdown

# For the host to hear that the functions have returned.
FAREWELL_S = 0.5
EXIT_STATUS = 128 + signal.SIGTERM  # as a shell calls an end by it


def hand_back_on_sigterm(shutdown: Shutdown) -> None:
    """Lets SIGTERM hand back every job before it ends this process; a second one changes nothing.

    This holds although another handler is installed after ours: the server of HTTP streams waits
    until no connection is left, which may be never, and then sends the signal to its own process
    again. Only a main thread can ask for signals: where the app is loaded by another, SIGTERM ends
    the process at once, and its leases lapse.
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
    threading.Thread(target=_listen, args=(arrivals, shutdown), name="sigterm", daemon=True).start()


def _listen(arrivals: int, shutdown: Shutdown) -> None:
    while arrived := os.read(arrivals, 1):
        if arrived[0] != signal.SIGTERM or shutdown.is_requested:
            continue
        shutdown.request()
        threading.Thread(target=_end, args=(shutdown,), name="shutdown", daemon=True).start()


def _end(shutdown: Shutdown) -> None:
    log.warning("SIGTERM: no attempt begins any more, and jobs are handed back")
    if not shutdown.drain():
        log.error("not every job was handed back in %.0f s; their leases lapse", DRAIN_LIMIT_S)
    time.sleep(FAREWELL_S)
    os._exit(EXIT_STATUS)
