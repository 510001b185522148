"""Writes the host's lines to the terminal, as `func start` does."""

import contextlib
import sys
from datetime import UTC, datetime

_is_verbose = False


def stamp(now: datetime) -> str:
    """The time as the host writes it before each log line: UTC with milliseconds."""
    return now.strftime("[%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z]"


def log(text: str) -> None:
    """Writes one line with the time before it."""
    plain(f"{stamp(datetime.now(UTC))} {text}")


def detail(text: str) -> None:
    """Writes one line with the time before it, with --verbose only."""
    if _is_verbose:
        log(text)


def set_verbose(is_verbose: bool) -> None:
    """Says whether `detail` writes."""
    global _is_verbose  # noqa: PLW0603 - one terminal per process
    _is_verbose = is_verbose


def plain(text: str = "") -> None:
    """Writes one line as it is. A terminal that went away is no reason to stop working."""
    with contextlib.suppress(BrokenPipeError, ValueError):
        # One write per line: the worker writes to the same terminal.
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def complain(text: str) -> None:
    """Writes why devhost cannot go on to stderr."""
    with contextlib.suppress(BrokenPipeError, ValueError):
        sys.stderr.write(f"devhost: {text}\n")
        sys.stderr.flush()
