"""The private folder of one attempt, and what becomes of those whose attempt died."""

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from errors import DiskFullError
from worker.log import log
from worker.stray_processes import kill_processes_in

PREFIX = "job-"
# Room beside the source and a result of the same size.
SPARE_BYTES = 512 * 1024 * 1024
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def work_folder(root: Path, source_bytes: int) -> Iterator[Path]:
    """A folder that only this user may enter; gone when the block ends.

    Locked while in use, so that remove_abandoned() can tell a live attempt from a dead one.
    Raises DiskFullError when source and result would not fit, or others filled the disk meanwhile.
    """
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (_has_room(root, source_bytes) or _has_room_when_cleared(root, source_bytes)):
            raise DiskFullError
        folder, lock = _made(root)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
    except OSError as error:
        if error.errno in NO_ROOM:
            remove_abandoned(root)  # for the next attempt
            raise DiskFullError from error
        raise


def clear_at_start(root: Path) -> None:
    """What every worker does once: the timers that clear run in one of many, on its own disk.

    A folder that cannot be removed is no reason not to start.
    """
    try:
        removed = remove_abandoned(root)
    except OSError as error:
        log.warning("CLEANUP: abandoned folders could not be removed (%s)", error)
    else:
        if removed:
            log.info("CLEANUP: %d abandoned folders removed at the start", removed)


def remove_abandoned(root: Path) -> int:
    """Removes the folders of attempts whose process is gone; returns how many.

    What such a process started ends with it, by the kernel; what those started in turn may not, and
    is killed here if it still works in the folder.
    """
    if not root.is_dir():
        return 0
    with contextlib.ExitStack() as locks:
        with _locked(root, fcntl.LOCK_EX):
            found = [each for each in root.glob(f"{PREFIX}*") if _is_abandoned(each, locks)]
        kill_processes_in(found)
        for folder in found:
            shutil.rmtree(folder, ignore_errors=True)
    return len(found)


def _has_room(root: Path, source_bytes: int) -> bool:
    return shutil.disk_usage(root).free >= 2 * source_bytes + SPARE_BYTES


def _has_room_when_cleared(root: Path, source_bytes: int) -> bool:
    return remove_abandoned(root) > 0 and _has_room(root, source_bytes)


def _made(root: Path) -> tuple[Path, int]:
    """A new folder and its lock; no remove_abandoned() sees the one without the other."""
    with _locked(root, fcntl.LOCK_SH):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


@contextlib.contextmanager
def _locked(folder: Path, kind: int) -> Iterator[None]:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, kind)
        yield
    finally:
        os.close(lock)


def _is_abandoned(folder: Path, locks: contextlib.ExitStack) -> bool:
    """Whether no attempt holds it; then it is ours for as long as `locks` are open."""
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        lock = os.open(folder, os.O_RDONLY)
        opened.callback(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_nlink:  # else its attempt ended, and removed it, at this moment
            locks.push(opened.pop_all())
            return True
    return False
