"""Runs a fence's own test without it: `python -m harness.chaos.fences "NAME"`; else lists all."""

import sys

from harness.chaos.fences.catalogue import TESTED
from harness.chaos.fences.trial import outcome


def main() -> int:
    """The exit status of pytest."""
    if len(sys.argv) != 2 or sys.argv[1] not in TESTED:
        print(*TESTED, sep="\n")
        return 2
    name = sys.argv[1]
    status = outcome([TESTED[name].test or ""], without=name, aloud=True)
    return 2 if status is None else status


if __name__ == "__main__":
    sys.exit(main())
