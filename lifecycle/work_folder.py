"""The private folder of one attempt, and what becomes of those whose attempt died."""

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from errors import DiskFullError

PREFIX = "job-"
# Room beside the source and a result of the same size.
SPARE_BYTES = 512 * 1024 * 1024
# A folder this young may not be locked yet.
YOUNG_S = 60.0


@contextlib.contextmanager
def work_folder(root: Path, source_bytes: int) -> Iterator[Path]:
    """A folder that only this user may enter; gone when the block ends.

    Locked while in use, so that remove_abandoned() can tell a live attempt from a dead one.
    Raises DiskFullError when source and result would not fit, or others filled the disk meanwhile.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(root).free < 2 * source_bytes + SPARE_BYTES:
        raise DiskFullError
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_abandoned(root: Path) -> int:
    """Removes the folders of attempts whose process is gone; returns how many."""
    if not root.is_dir():
        return 0
    return sum(_remove_if_abandoned(folder) for folder in root.glob(f"{PREFIX}*"))


def _remove_if_abandoned(folder: Path) -> bool:
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        if time.time() - os.fstat(lock).st_mtime < YOUNG_S:
            return False
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(lock)
