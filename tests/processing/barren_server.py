"""The warm process on a machine that has room for one more child, and then for none."""

import os

from processing.pillow import server
from tests.processing import obedient_server

assert obedient_server
_fork = os.fork


def fork_once():
    os.fork = none_left
    return _fork()


def none_left():
    raise BlockingIOError("no process")


os.fork = fork_once

if __name__ == "__main__":
    server.main()
