"""Each fence is taken out, and its test must fail; with all fences in place none may."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos.fences.children import CHILDREN
from tests.chaos.fences.fence import Fence, copy_of_project
from tests.chaos.fences.protocol import PROTOCOL

FENCES = PROTOCOL | CHILDREN
# A test that hangs without its fence fails, too.
LIMIT_S = 60


def trials(at_a_time: int) -> Iterator[tuple[str, bool]]:
    """Of each fence whether its test passes with it and fails without it."""
    with ThreadPoolExecutor(at_a_time) as pool:
        as_it_is = pool.submit(outcome, [fence.test for fence in FENCES.values()], without=None)
        without = pool.map(lambda fence: outcome([fence.test], without=fence), FENCES.values())
        statuses = dict(zip(FENCES, without, strict=True))
        passes = as_it_is.result() == pytest.ExitCode.OK
    for name, status in statuses.items():
        yield name, passes and status == pytest.ExitCode.TESTS_FAILED


def outcome(tests: list[str], *, without: Fence | None, aloud: bool = False) -> int | None:
    """The exit status of pytest in a copy of the project; None when the fence is not there."""
    with tempfile.TemporaryDirectory(prefix="mediaprocessor-fences-") as scratch:
        folder = Path(scratch) / "project"
        try:
            copy_of_project(folder, without)
        except LookupError as error:
            print(error, file=sys.stderr)
            return None
        return subprocess.run(
            [
                *(sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *(f"--timeout={LIMIT_S}", *sorted({f"tests/{test}" for test in tests})),
            ],
            cwd=folder,
            stdout=None if aloud else subprocess.DEVNULL,
            stderr=None if aloud else subprocess.DEVNULL,
            check=False,
        ).returncode
