"""Says how many threads an encoder gets, so that those at work together fit the cores."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")  # of the container, where there is one


def usable_cores() -> int:
    """The cores that this process may use, by its affinity and its container's quota; 1 or more."""
    return max(1, min(len(os.sched_getaffinity(0)), _quota_cores(_QUOTA)))


@contextlib.contextmanager
def encoding() -> Iterator[None]:
    """Count one encoding of this process for as long as the block lasts."""
    with _AT_WORK.lock:
        _AT_WORK.count += 1
    try:
        yield
    finally:
        with _AT_WORK.lock:
            _AT_WORK.count -= 1


def threads_for_encoder(option: int) -> int:
    """`option` itself or, where that is 0, a fair share of the cores for one of those encoding.

    An encoding counts itself: ask inside its block. x264 is best with 2 threads or more, even where
    that is more than the cores.
    """
    return option or max(2, usable_cores() // max(1, _AT_WORK.count))


class _AtWork:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0


_AT_WORK: Final = _AtWork()


def _quota_cores(path: Path) -> int:
    """The quota as whole cores; more than any machine has, where there is none."""
    with contextlib.suppress(OSError, ValueError):
        quota_us, period_us = map(int, path.read_text().split())
        return quota_us // period_us
    return 1 << 16
