"""Each fence is taken out, and its test must fail; with all fences in place none may."""

import contextlib
import io
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from harness.chaos.fences import children
from harness.chaos.fences.catalogue import TESTED
from harness.chaos.fences.fence import take_out
from harness.chaos.fences.registry import fence
from harness.chaos.fences.tree import NoSuchPlaceError

ROOT = Path(__file__).parents[3]
# A test that hangs without its fence fails, too; with all fences in place none may.
LIMIT_S = 30
PATIENCE_S = 600
# Imported once; each trial has a process of its own that begins with them.
PRELOADED = ["pytest", "lifecycle.services", "processing.compress", __name__]
# What every Python that is started from here runs before anything else.
AT_START = f"""
import {children.__name__}
from {take_out.__module__} import take_out
from {fence.__module__} import FENCES

take_out(FENCES[{{name!r}}])
"""


def trials(at_a_time: int) -> Iterator[tuple[str, bool]]:
    """Of each fence whether its test passes with it and fails without it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with ProcessPoolExecutor(at_a_time, context, max_tasks_per_child=1) as pool:
        every = sorted({fence.test or "" for fence in TESTED.values()})
        as_it_is = pool.submit(outcome, every, without=None)
        without = [
            pool.submit(outcome, [fence.test or ""], without=name) for name, fence in TESTED.items()
        ]
        for name, status in zip(TESTED, without, strict=True):
            fails = status.result() == pytest.ExitCode.TESTS_FAILED
            yield name, fails and as_it_is.result() == pytest.ExitCode.OK


def outcome(tests: list[str], *, without: str | None, aloud: bool = False) -> int | None:
    """The exit status of pytest; None when the fence is not there.

    This process has lost the fence for good, and so has every Python that it starts, if need be.
    """
    with tempfile.TemporaryDirectory(prefix="mediaprocessor-fences-") as folder:
        if without:
            try:
                take_out(TESTED[without])
            except NoSuchPlaceError as error:
                print(f"{without}: {error}", file=sys.stderr)
                return None
            if TESTED[without].in_children:
                _take_out_in_children(without, folder)
        with contextlib.nullcontext() if aloud else contextlib.redirect_stdout(io.StringIO()):
            return pytest.main(
                [
                    *("-q", "-p", "no:cacheprovider"),
                    # What is imported already is no test of ours.
                    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
                    f"--timeout={LIMIT_S if without else PATIENCE_S}",
                    f"--rootdir={ROOT}",
                    *(str(ROOT / "tests" / test) for test in tests),
                ]
            )


def _take_out_in_children(name: str, folder: str) -> None:
    """Some are given our environment, and some our path."""
    Path(folder, "sitecustomize.py").write_text(AT_START.format(name=name), encoding="utf-8")
    sys.path.insert(0, folder)
    os.environ["PYTHONPATH"] = f"{folder}{os.pathsep}{ROOT}"
