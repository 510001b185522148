"""Prints the app's log records in the worker, with the levels that host.json asks for."""

import contextvars
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from devhost.console import stamp
from devhost.log_levels import LogLevels

# Which function is running, for the records' category; own threads start without it.
running_function: contextvars.ContextVar[str] = contextvars.ContextVar(
    "running_function", default=""
)


def configure(log_levels: Mapping[str, str], stream: TextIO) -> None:
    """Sends all records to `stream`; `log_levels` is host.json's logging.logLevel."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Format())
    handler.addFilter(_Levels(log_levels))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # The SDKs log every request at INFO, with its URL.
    logging.getLogger("azure").setLevel(logging.WARNING)


class _Format(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = f"{stamp(datetime.now(UTC))} {record.levelname} {record.getMessage()}"
        # The app may have written it already, in its own way.
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            text += f"\n{record.exc_text}"
        return text


class _Levels(logging.Filter):
    """Drops what lies below the level of the record's category."""

    def __init__(self, log_levels: Mapping[str, str]) -> None:
        super().__init__()
        self._levels = LogLevels(log_levels)

    def filter(self, record: logging.LogRecord) -> bool:
        function = running_function.get()
        category = f"Function.{function}.User" if function else "Worker"
        return self._levels.allow(category, record.levelno)
