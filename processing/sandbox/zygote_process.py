"""Starts one warm process and has it fork, with one socket for each fork."""

import contextlib
import os
import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from errors import EncodingError, TimeLimitError
from processing.sandbox.handshake import NOT_FORKED
from processing.sandbox.program import GRACE_S, clean_environment, import_path, own_module

ANSWER_S: Final = 10.0  # When it is silent for longer, it is taken for hung. It starts in 0.2 s.

_WORD_BYTES: Final = 64
_MAIN: Final = "processing.sandbox.zygote_main"
_NOWHERE: Final = Path("/nonexistent")  # Its home: no job may leave anything there.


class ZygoteLostError(Exception):
    """The warm process died, or does not answer; the file has nothing to do with it."""


class ZygoteProcess:
    """One warm process; it ends when this process does, by whatever cause.

    It learns of that by the end of the socket between them. A signal from the kernel
    (PR_SET_PDEATHSIG) would come too early: it is sent when the thread ends that started it.
    """

    def __init__(self, module: str) -> None:
        """Start it for `module`; raises ZygoteLostError where no process can be had."""
        self._lock = threading.Lock()
        self._control, theirs = _socket_pair()
        self._control.settimeout(ANSWER_S)
        with theirs:
            try:
                self._process = _started(module, theirs.fileno())
            except OSError as error:
                self._control.close()
                raise ZygoteLostError from error
        self.pid = self._process.pid
        self.has_ended = False
        self._silent_since: float | None = None

    @contextlib.contextmanager
    def fork(self, assignment: bytes, deadline: float) -> Iterator["ForkedChild"]:
        """A new fork that carries out `assignment`; it has ended when the block does.

        Raises ZygoteLostError, and TimeLimitError when the deadline comes before the fork.
        """
        with ExitStack() as ours, ExitStack() as theirs:
            job, far = _socket_pair()
            ours.enter_context(job)
            theirs.enter_context(far)
            output, stdout = _pipe(ours, theirs)
            errors, stderr = _pipe(ours, theirs)
            self._send(assignment, [stdout, stderr, far.fileno()])
            theirs.close()
            child = ForkedChild(self, job, output, errors)
            child.wait_for_fork(deadline)
            yield child

    def end(self) -> None:
        """Kill it; the kernel kills its forks with it. Nothing to do when it has ended."""
        with self._lock:
            if not self.has_ended:
                self.has_ended = True
                self._process.kill()
                self._process.wait()
                self._control.close()

    def answered(self) -> None:
        """Note that it said something: it lives."""
        self._silent_since = None

    def missed(self, waited_s: float) -> None:
        """Note that it was silent for a time too short to judge by; several of them make up one."""
        now = time.monotonic()
        self._silent_since = self._silent_since or now - waited_s
        if now - self._silent_since >= ANSWER_S:
            self.end()

    def _send(self, assignment: bytes, descriptors: Sequence[int]) -> None:
        with self._lock:
            try:
                socket.send_fds(self._control, [assignment], descriptors)
            except OSError as error:
                raise ZygoteLostError from error


class ForkedChild:
    """A watch.Child that the warm process forked."""

    def __init__(self, zygote: ZygoteProcess, job: socket.socket, output: int, errors: int) -> None:
        """Read from `output` and `errors`; hear of its start and its end by way of `job`."""
        self.output = output
        self.errors = errors
        self._zygote = zygote
        self._job = job
        self._status: int | None = None

    def wait_for_fork(self, deadline: float) -> None:
        """Return when it is there.

        Raises ZygoteLostError, EncodingError (no process to be had) or, at the deadline,
        TimeLimitError.
        """
        left_s = deadline - time.monotonic()
        said = self._hear(min(left_s, ANSWER_S))
        if said is None and left_s < ANSWER_S:
            self._zygote.missed(left_s)
            raise TimeLimitError  # By closing its socket we tell the zygote to forget it.
        if not said:
            raise ZygoteLostError
        self._zygote.answered()
        if said == NOT_FORKED:
            raise EncodingError  # The zygote and its other forks live on.

    def status(self, wait_s: float) -> int | None:
        """Its exit status; None when it still runs after `wait_s`.

        Asked when its pipes are closed, which an honest child does by ending: one that lives on for
        ANSWER_S is stopped, and EncodingError raised.
        """
        if self._status is None:
            said = self._hear(min(wait_s, ANSWER_S))
            if said is None and wait_s < ANSWER_S:
                return None
            if said is None:
                self.stop()
                raise EncodingError
            if not said:
                raise ZygoteLostError
            self._status = int(said)
        return self._status

    def stop(self) -> None:
        """Have its group killed; where the zygote does not see to it, the zygote itself is."""
        if self._status is not None:
            return
        with contextlib.suppress(OSError):
            self._job.shutdown(socket.SHUT_WR)
        if said := self._hear(GRACE_S):
            self._status = int(said)
        else:
            self._zygote.end()
            self._wait_for_silence()

    def _hear(self, wait_s: float) -> bytes | None:
        """The zygote's next word about it; None after `wait_s`, empty when there will be none."""
        self._job.settimeout(max(wait_s, 0.001))
        try:
            return self._job.recv(_WORD_BYTES)
        except TimeoutError:
            return None
        except ConnectionResetError:
            return b""

    def _wait_for_silence(self) -> None:
        """Wait until nobody holds the other end of its pipes: then it is gone."""
        gone_by = time.monotonic() + GRACE_S
        with selectors.PollSelector() as selector:
            selector.register(self.output, selectors.EVENT_READ)
            selector.register(self.errors, selectors.EVENT_READ)
            while selector.get_map() and time.monotonic() < gone_by:
                for key, _ in selector.select(0.1):
                    if not os.read(key.fd, 65536):
                        selector.unregister(key.fd)


def _started(module: str, control: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        own_module(_MAIN, module, str(control)),
        cwd="/",
        env={**clean_environment(_NOWHERE), "PYTHONPATH": import_path()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=(control,),
        start_new_session=True,
        umask=0o077,
    )


def _socket_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends that keep messages whole."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _pipe(ours: ExitStack, theirs: ExitStack) -> tuple[int, int]:
    reading, writing = os.pipe()
    ours.callback(os.close, reading)
    theirs.callback(os.close, writing)
    return reading, writing
