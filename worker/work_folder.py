"""The private folder of one attempt, and what becomes of those whose attempt died."""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from errors import DiskFullError, WorkDirError
from worker.log import log
from worker.stray_processes import kill_processes_in

# Within WORK_DIR, which others may use, too. What is in it is ours; nothing beside it is touched.
OWN_FOLDER = "mediaprocessor"
PREFIX = "job-"
# Room beside the source and a result of the same size.
SPARE_BYTES = 512 * 1024 * 1024
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def work_folder(root: Path, source_bytes: int) -> Iterator[Path]:
    """A folder that only this user may enter; gone when the block ends.

    Locked while in use, so that remove_abandoned() can tell a live attempt from a dead one.
    Raises WorkDirError where there is no place to make one, and DiskFullError when source and
    result would not fit, or others filled the disk meanwhile.
    """
    try:
        with _places():
            own = _own_folder(root)
        if not (_has_room(own, source_bytes) or _has_room_when_cleared(root, source_bytes)):
            raise DiskFullError
        with _places():
            folder, lock = _made(own)
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


def _own_folder(root: Path) -> Path:
    """Ours alone, or nobody could tell whose files are in it."""
    own = root / OWN_FOLDER
    root.mkdir(parents=True, exist_ok=True)
    own.mkdir(exist_ok=True, mode=0o700)
    if not _is_ours(own):
        raise WorkDirError("The service's folder for its work belongs to somebody else.")
    own.chmod(0o700)
    return own


@contextlib.contextmanager
def _places() -> Iterator[None]:
    """Raises WorkDirError for what the machine answers to folders being made."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        log.warning("WORK_DIR cannot be used (%s)", error)
        raise WorkDirError from error


def _is_ours(own: Path) -> bool:
    """Whether it is a folder of this user, and no link to somewhere else."""
    try:
        facts = own.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid()


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
    own = root / OWN_FOLDER
    if not _is_ours(own):
        return 0
    with contextlib.ExitStack() as locks:
        with _locked(own, fcntl.LOCK_EX):
            found = [each for each in own.glob(f"{PREFIX}*") if _is_abandoned(each, locks)]
        kill_processes_in(found)
        for folder in found:
            shutil.rmtree(folder, ignore_errors=True)
    return len(found)


def _has_room(own: Path, source_bytes: int) -> bool:
    return shutil.disk_usage(own).free >= 2 * source_bytes + SPARE_BYTES


def _has_room_when_cleared(root: Path, source_bytes: int) -> bool:
    return remove_abandoned(root) > 0 and _has_room(root / OWN_FOLDER, source_bytes)


def _made(own: Path) -> tuple[Path, int]:
    """A new folder and its lock; no remove_abandoned() sees the one without the other."""
    with _locked(own, fcntl.LOCK_SH):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=own))
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
