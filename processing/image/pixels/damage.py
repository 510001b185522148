"""Tells damage in a sender's file from faults of our own."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from errors import CorruptMediaError, MediaProcessorError


@contextmanager
def failures_mean_damage() -> Iterator[None]:
    """While untrusted bytes are read, whatever is raised means that they are damaged.

    Decoders raise whatever they like on damaged bytes: OSError, ValueError, SyntaxError,
    struct.error. Errors that have a name already, and a lack of memory, room or file handles,
    pass through.
    """
    try:
        yield
    except (MediaProcessorError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EMFILE}:
            raise
        raise CorruptMediaError from error
