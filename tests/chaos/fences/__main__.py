"""Runs the test of one fence without it: `python -m tests.chaos.fences "NAME"`; else lists all."""

import sys

from tests.chaos.fences.trial import FENCES, outcome


def main() -> int:
    """The exit status of pytest."""
    if len(sys.argv) != 2 or sys.argv[1] not in FENCES:
        print(*FENCES, sep="\n")
        return 2
    fence = FENCES[sys.argv[1]]
    status = outcome([fence.test], without=fence, aloud=True)
    return 2 if status is None else status


if __name__ == "__main__":
    sys.exit(main())
