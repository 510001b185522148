"""The same on a machine that has room for one more process, and then for none."""

import os

from tests.processing.sandbox import forked_module

_fork = os.fork


def fork_once():
    os.fork = none_left
    return _fork()


def none_left():
    raise BlockingIOError("no process")


os.fork = fork_once
preload, answer = forked_module.preload, forked_module.answer
