"""Makes stdout and stderr take every word, whatever they are tied to."""

import contextlib
import io
import os
import sys
from typing import Final

_STDOUT, _STDERR = 1, 2
_UNKNOWN_LETTERS: Final = "backslashreplace"


def open_streams() -> None:
    """What is closed leads nowhere; a letter that the encoding lacks is spelled by its code."""
    # A file of ours that took the number of a closed stream would receive what is meant for it.
    while (opened := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(opened)
    sys.stdout = sys.stdout or open(_STDOUT, "w", closefd=False)  # noqa: SIM115 -- for good
    sys.stderr = sys.stderr or open(_STDERR, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_UNKNOWN_LETTERS)


def tell_unwritable(error: OSError) -> None:
    """Say on stderr, if that can be written, that the output cannot."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"the output cannot be written: {error.strerror}\n")
        sys.stderr.flush()
    close_streams()


def close_streams() -> None:
    """Let what is still to be written lead nowhere: at its end Python would try again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (_STDOUT, _STDERR):
        os.dup2(nowhere, number)
