"""Starts the warm process and has it fork children, one socket for each."""

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
from processing.child.birth import UNBORN
from processing.child.encoder import GRACE_S, clean_environment
from processing.child.own_modules import import_path, own_module

ANSWER_S: Final = 10.0  # silent for longer, it is taken for hung; to start takes it 0.2 s

_WORD_BYTES: Final = 64
_NOWHERE: Final = Path("/nonexistent")  # what it has for a home: no job may leave anything there


class NurseryLostError(Exception):
    """The warm process died, or does not answer; the picture has nothing to do with it."""


class WarmServer:
    """One warm process; it ends when this process does, by whatever cause.

    It learns of that by the end of the socket between them. A signal from the kernel
    (PR_SET_PDEATHSIG) would come too early: it is sent when the thread ends that started it.
    """

    def __init__(self, module: str) -> None:
        """Start it by its `module`; raises NurseryLostError where no process can be had."""
        self._lock = threading.Lock()
        self._control, theirs = _socket_pair()
        self._control.settimeout(ANSWER_S)
        with theirs:
            try:
                self._process = _started(module, theirs.fileno())
            except OSError as error:
                self._control.close()
                raise NurseryLostError from error
        self.pid = self._process.pid
        self.has_ended = False
        self._silent_since: float | None = None

    @contextlib.contextmanager
    def child(self, order: bytes, deadline: float) -> Iterator["WarmChild"]:
        """A newborn child that carries out `order`; it has ended when the block does.

        Raises NurseryLostError, and TimeLimitError when the deadline comes before the child.
        """
        with ExitStack() as ours, ExitStack() as theirs:
            job, far = _socket_pair()
            ours.enter_context(job)
            theirs.enter_context(far)
            output, stdout = _pipe(ours, theirs)
            errors, stderr = _pipe(ours, theirs)
            self._send(order, [stdout, stderr, far.fileno()])
            theirs.close()
            child = WarmChild(self, job, output, errors)
            child.wait_for_birth(deadline)
            yield child

    def end(self) -> None:
        """Kill it; the kernel kills its children with it. Nothing to do when it has ended."""
        with self._lock:
            if not self.has_ended:
                self.has_ended = True
                self._process.kill()
                self._process.wait()
                self._control.close()

    def heard(self) -> None:
        """It said something: it lives."""
        self._silent_since = None

    def missed(self, waited_s: float) -> None:
        """It did not answer in a time too short to judge by; several of them make up one."""
        now = time.monotonic()
        self._silent_since = self._silent_since or now - waited_s
        if now - self._silent_since >= ANSWER_S:
            self.end()

    def _send(self, order: bytes, descriptors: Sequence[int]) -> None:
        with self._lock:
            try:
                socket.send_fds(self._control, [order], descriptors)
            except OSError as error:
                raise NurseryLostError from error


class WarmChild:
    """A watch.Child that the warm process forked."""

    def __init__(self, server: WarmServer, job: socket.socket, output: int, errors: int) -> None:
        """Read from `output` and `errors`; hear of its birth and its end by way of `job`."""
        self.output = output
        self.errors = errors
        self._server = server
        self._job = job
        self._status: int | None = None

    def wait_for_birth(self, deadline: float) -> None:
        """Return when it is there.

        Raises NurseryLostError, EncodingError (no process to be had) or, at the deadline,
        TimeLimitError.
        """
        left_s = deadline - time.monotonic()
        said = self._hear(min(left_s, ANSWER_S))
        if said is None and left_s < ANSWER_S:
            self._server.missed(left_s)
            raise TimeLimitError  # by closing its socket we tell the server to forget it
        if not said:
            raise NurseryLostError
        self._server.heard()
        if said == UNBORN:
            raise EncodingError  # no process is to be had; the server and the others live on

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
                raise NurseryLostError
            self._status = int(said)
        return self._status

    def stop(self) -> None:
        """Have its group killed; where the server does not see to it, the server itself is."""
        if self._status is not None:
            return
        with contextlib.suppress(OSError):
            self._job.shutdown(socket.SHUT_WR)
        if said := self._hear(GRACE_S):
            self._status = int(said)
        else:
            self._server.end()
            self._wait_for_silence()

    def _hear(self, wait_s: float) -> bytes | None:
        """The server's next word about it; None after `wait_s`, empty when there will be none."""
        self._job.settimeout(max(wait_s, 0.001))
        try:
            return self._job.recv(_WORD_BYTES)
        except TimeoutError:
            return None
        except ConnectionResetError:
            return b""

    def _wait_for_silence(self) -> None:
        """Until nobody holds the other end of its pipes, which is to say that it is gone."""
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
        own_module(module, str(control)),
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
