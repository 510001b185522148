"""The warm process, which forks a child for each request, reads no file itself, and keeps nothing.

`python -m processing.sandbox.zygote_main MODULE SOCKET`: the module has `preload()`, which imports
all that its answers need, and `answer(request)`, which only forks call.

The socket brings each assignment as one message with three descriptors: the fork's stdout, its
stderr, and a socket for this job. On the job's socket the process says that the fork is there, and
with which status it ended; the worker has the fork killed by closing or shutting down its own side.
The process ends, and its forks with it, when its own socket does.
"""

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from processing.sandbox.handshake import FORKED, NOT_FORKED, Assignment
from processing.sandbox.limits import limit_fork

_ASSIGNMENT_BYTES: Final = 65536


@dataclass(slots=True)
class _Fork:
    pid: int
    pidfd: int  # becomes readable when the fork ends
    job: socket.socket
    is_running: bool = True


class _Duty(NamedTuple):
    """What this process has to do now that it is a fork."""

    assignment: Assignment
    parent: int
    streams: tuple[int, int]


def main() -> None:
    """Serve the socket until it ends; a fork answers its one request, and ends."""
    module = importlib.import_module(sys.argv[1])
    module.preload()
    gc.freeze()  # What is never collected is never written to, and stays shared with the forks.
    duty = _Forks(socket.socket(fileno=int(sys.argv[2]))).next_duty()
    limit_fork(duty.assignment.limits, duty.assignment.cwd, duty.parent, duty.streams)
    module.answer(duty.assignment.request)
    os._exit(0)  # The interpreter's own end would take longer than a small image.


class _Forks:
    """The forks at work, and the sockets by which workers care for them."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.PollSelector()  # It holds nothing that a fork would share.
        self._selector.register(control, selectors.EVENT_READ, self._take_assignment)
        self._pids: set[int] = set()

    def next_duty(self) -> _Duty:
        """Serve for ever; this returns in a new fork only."""
        while True:
            for key, _ in self._selector.select():
                duty: _Duty | None = key.data()
                if duty:
                    return duty

    def _take_assignment(self) -> _Duty | None:
        message, descriptors, _, _ = socket.recv_fds(self._control, _ASSIGNMENT_BYTES, 3)
        if not message:
            self._end_all()
        stdout, stderr, number = descriptors
        job = socket.socket(fileno=number)
        parent = os.getpid()
        if not _is_given_up(job):
            pid = _forked()
            if pid == 0:
                return _Duty(Assignment.decode(message), parent, (stdout, stderr))
            if pid is None:
                _tell(job, NOT_FORKED)
                job.close()
            else:
                self._watch(_Fork(pid, os.pidfd_open(pid), job))
        os.close(stdout)
        os.close(stderr)
        return None

    def _watch(self, fork: _Fork) -> None:
        self._pids.add(fork.pid)
        self._selector.register(fork.pidfd, selectors.EVENT_READ, partial(self._reap, fork))
        self._selector.register(fork.job, selectors.EVENT_READ, partial(self._end, fork))
        _tell(fork.job, FORKED)

    def _end(self, fork: _Fork) -> None:
        """The worker has nothing to say but that it does not want the fork any more."""
        if fork.is_running:
            self._selector.unregister(fork.job)
            fork.is_running = False
            _kill(fork.pid)

    def _reap(self, fork: _Fork) -> None:
        _kill(fork.pid)  # It may have left processes behind; its id is not free before waitpid.
        _, status = os.waitpid(fork.pid, 0)
        self._selector.unregister(fork.pidfd)
        os.close(fork.pidfd)
        if fork.is_running:
            self._selector.unregister(fork.job)
            fork.is_running = False
        self._pids.remove(fork.pid)
        _tell(fork.job, str(os.waitstatus_to_exitcode(status)).encode())
        fork.job.close()

    def _end_all(self) -> None:
        for pid in self._pids:
            _kill(pid)
        sys.exit()


def _forked() -> int | None:
    """As os.fork; None when no process is to be had."""
    try:
        return os.fork()
    except OSError:
        return None


def _is_given_up(job: socket.socket) -> bool:
    with suppress(BlockingIOError):
        return not job.recv(1, socket.MSG_DONTWAIT)
    return False


def _kill(pid: int) -> None:
    """Kill the fork, which may not lead its group yet, and its group, which it may have left."""
    for end in (os.kill, os.killpg):
        with suppress(ProcessLookupError):
            end(pid, signal.SIGKILL)


def _tell(job: socket.socket, word: bytes) -> None:
    with suppress(OSError):  # Nobody may listen any more.
        job.send(word, socket.MSG_DONTWAIT)


if __name__ == "__main__":
    main()
