"""The warm process that forks a child for each picture, sees no picture itself, keeps nothing.

It is given one socket: an order comes in as one message with three descriptors, the child's stdout,
its stderr, and the job's own socket. On that the server says when the child is born, and how it
ended; who closes it, or shuts his side of it, has the child killed. The server ends, and its
children with it, when its own socket does.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from PIL import Image
from pillow_heif import register_heif_opener

from processing.child.birth import BORN, UNBORN
from processing.pillow.answering import answer
from processing.pillow.leash import Order, put_on_leash

_PLUGINS: Final = ("Avif", "Bmp", "Gif", "Jpeg", "Mpo", "Png", "Tiff", "WebP")
_ORDER_BYTES: Final = 65536


@dataclass(slots=True)
class _Child:
    pid: int
    pidfd: int  # readable when the child has ended
    job: socket.socket
    is_running: bool = True


def main() -> None:
    """Serve the socket whose number is in argv until it ends; a child ends with its job."""
    _import_everything()
    gc.freeze()  # what is never collected is never written to, and stays shared with the children
    order = _Nursery(socket.socket(fileno=int(sys.argv[1]))).next_birth()
    put_on_leash(order)
    answer(order.request)
    os._exit(0)  # the interpreter's own end would take longer than a small picture


def _import_everything() -> None:
    Image.preinit()
    for name in _PLUGINS:
        importlib.import_module(f"PIL.{name}ImagePlugin")
    register_heif_opener()


class _Nursery:
    """Its children, and the sockets by which others care for them."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.PollSelector()  # holds nothing that a fork would share
        self._selector.register(control, selectors.EVENT_READ, self._take_order)
        self._children: set[int] = set()

    def next_birth(self) -> Order:
        """Serve for ever; returns in a newborn child only, with what it has to do."""
        while True:
            for key, _ in self._selector.select():
                order: Order | None = key.data()
                if order:
                    return order

    def _take_order(self) -> Order | None:
        message, descriptors, _, _ = socket.recv_fds(self._control, _ORDER_BYTES, 3)
        if not message:
            self._end_all()
        stdout, stderr, number = descriptors
        job = socket.socket(fileno=number)
        server = os.getpid()
        if not _is_given_up(job):
            pid = _forked()
            if pid == 0:
                return Order(server=server, stdout=stdout, stderr=stderr, **json.loads(message))
            if pid is None:
                _tell(job, UNBORN)
                job.close()
            else:
                self._adopt(_Child(pid, os.pidfd_open(pid), job))
        os.close(stdout)
        os.close(stderr)
        return None

    def _adopt(self, child: _Child) -> None:
        self._children.add(child.pid)
        self._selector.register(child.pidfd, selectors.EVENT_READ, partial(self._bury, child))
        self._selector.register(child.job, selectors.EVENT_READ, partial(self._end, child))
        _tell(child.job, BORN)

    def _end(self, child: _Child) -> None:
        """Its parent has nothing to say but that it does not want it any more."""
        if child.is_running:
            self._selector.unregister(child.job)
            child.is_running = False
            _kill(child.pid)

    def _bury(self, child: _Child) -> None:
        _kill(child.pid)  # what it may have left behind; its number is not free before waitpid
        _, status = os.waitpid(child.pid, 0)
        self._selector.unregister(child.pidfd)
        os.close(child.pidfd)
        if child.is_running:
            self._selector.unregister(child.job)
            child.is_running = False
        self._children.remove(child.pid)
        _tell(child.job, str(os.waitstatus_to_exitcode(status)).encode())
        child.job.close()

    def _end_all(self) -> None:
        for pid in self._children:
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
    """The child, which may not lead its group yet, and its group, which it may have left."""
    for end in (os.kill, os.killpg):
        with suppress(ProcessLookupError):
            end(pid, signal.SIGKILL)


def _tell(job: socket.socket, word: bytes) -> None:
    with suppress(OSError):  # nobody listens any more
        job.send(word, socket.MSG_DONTWAIT)


if __name__ == "__main__":
    main()
