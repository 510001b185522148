"""Works through its share of a campaign, one line of JSON before and after each file.

Before, so that whoever reads knows which file it was if this process dies or hangs.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from harness.hostile.fuzz.cases import case, read
from harness.hostile.fuzz.checking import Room
from harness.hostile.trial import descendants

_PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    order = json.loads(sys.argv[1])
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        honest = read(Path(order["honest"]))
        room = Room(Path(folder))
        for index in range(order["first"], order["end"], order["step"]):
            _say({"begun": index})
            finding = room.check(case(order["family"], order["seed"], index, honest))
            _say({"ended": index, **asdict(finding)})
        _say({"kernel_peak_bytes": _end_of_all()})


def _end_of_all() -> int:
    """The highest residence of any process below in all this time, by the kernel's own account."""
    for pid in descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _say(words: dict[str, object]) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main()
