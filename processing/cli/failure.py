"""Turns a failure into an exit status, a line for people and an object for programs."""

import errno
import json
import sys
import traceback
from typing import Final

from errors import DiskFullError, EncodingError, MediaProcessorError, PermanentError, TransientError
from processing.cli.advice import advice_for
from processing.cli.words import name_text
from processing.tools import missing_tools

DONE: Final = 0
USAGE: Final = 2
# sysexits.h: EX_DATAERR, EX_SOFTWARE, EX_TEMPFAIL.
FILE_TO_BLAME: Final = 65
OUR_FAULT: Final = 70
TRY_LATER: Final = 75
INTERRUPTED: Final = 130  # as shells say of SIGINT
UNREAD: Final = 141  # as shells say of SIGPIPE


class UsageError(Exception):
    """The command line asks for what cannot be done, whatever is in the file."""


def tell_failure(name: str, error: Exception, *, as_json: bool) -> int:
    """Say on stderr (and, `as_json`, on stdout) why `name` failed; the exit status comes back."""
    error = _named(error)
    status, code, message, advice = _face(error)
    if status == OUR_FAULT or code == EncodingError.code:
        advice = _what_is_missing() or advice
    if as_json:
        failure = {"code": code, "message": message, "advice": advice}
        sys.stdout.write(json.dumps({"file": name, "error": failure}) + "\n")
        sys.stdout.flush()
    said = message if status == USAGE else f"{code}: {message}"
    words = " ".join(part for part in (said, advice) if part)
    sys.stderr.write(f"{name_text(name)}: {name_text(words)}\n")
    if status == OUR_FAULT:
        traceback.print_exception(error)
    sys.stderr.flush()
    return status


def _named(error: Exception) -> Exception:
    is_full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    return DiskFullError() if is_full else error


def _what_is_missing() -> str:
    missing = missing_tools()
    return f"Install what this machine lacks: {', '.join(missing)}." if missing else ""


def _face(error: Exception) -> tuple[int, str, str, str]:
    """Exit status, code, message and advice."""
    if isinstance(error, UsageError):
        return USAGE, "USAGE", str(error), ""
    if not isinstance(error, MediaProcessorError):
        return (
            OUR_FAULT,
            "UNEXPECTED",
            MediaProcessorError.default_message(),
            advice_for("UNEXPECTED"),
        )
    status = OUR_FAULT
    if isinstance(error, PermanentError):
        status = FILE_TO_BLAME
    elif isinstance(error, TransientError):
        status = TRY_LATER
    return status, error.code, error.message, advice_for(error.code)
