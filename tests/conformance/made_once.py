"""Folders that are made from a list of packages, when a test first needs them."""

import fcntl
import hashlib
from collections.abc import Callable
from pathlib import Path


def make_once(folder: Path, packages: Path, make: Callable[[], None]) -> None:
    """Calls `make` unless it has filled `folder` from the present `packages` before.

    Test processes that need the folder at the same time wait for the first of them.
    """
    stamp, fingerprint = folder / ".complete", hashlib.sha256(packages.read_bytes()).hexdigest()
    with packages.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != fingerprint:
            make()
            stamp.write_text(fingerprint)
