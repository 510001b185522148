"""The first word of the warm process about a child that was asked for."""

from typing import Final

BORN: Final = b"born"
UNBORN: Final = b"unborn"  # no process was to be had
