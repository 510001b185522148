"""Runs the test of one fence without it: `python -m tests.chaos.fences "NAME"`; else lists all."""

import sys

from tests.chaos.fences.catalogue import TESTED
from tests.chaos.fences.trial import outcome


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
