"""The levels of host.json's logging.logLevel, by category."""

import logging
from collections.abc import Mapping

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


class LogLevels:
    """Says what is logged: the longest category that is given decides."""

    def __init__(self, log_levels: Mapping[str, str]) -> None:
        self._levels = {
            category.lower(): LEVELS.get(str(level).lower(), logging.INFO)
            for category, level in log_levels.items()
        }

    def allow(self, category: str, level: int) -> bool:
        """Whether a line of that level is logged."""
        parts = category.lower().split(".")
        for length in range(len(parts), 0, -1):
            least = self._levels.get(".".join(parts[:length]))
            if least is not None:
                return level >= least
        return level >= self._levels.get("default", logging.INFO)
