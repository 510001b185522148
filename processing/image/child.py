"""Has one request about one picture answered by a child process: a warm one where possible."""

import contextlib
import json
import logging
from pathlib import Path
from typing import Any, Final

from processing.child import encoder
from processing.child.nursery import Nursery, NurseryLostError
from processing.child.own_modules import import_path, own_module
from processing.child.watch import Bounds, Finished, Listener

# A cold child may be the first to import its modules. A limit below their bytecode's size would
# leave it cut short in the cache, for everybody.
BYTECODE_BYTES: Final = 16 * 1024 * 1024
NURSERY: Final = Nursery()

_WARM_TRIES: Final = 2
_log = logging.getLogger(__name__)


def run_picture_child(
    request: dict[str, Any], *, cwd: Path, bounds: Bounds, listener: Listener
) -> Finished:
    """Have `request` answered and tell how that ended; the lines go to `listener`.

    Promises and raises what encoder.run does. When the warm process fails, the lines may come
    again from the start.
    """
    for _ in range(_WARM_TRIES):
        with contextlib.suppress(NurseryLostError):
            return NURSERY.run(request, cwd=cwd, bounds=bounds, listener=listener)
        _log.warning("The warm process for pictures was lost.")
    return run_cold(request, cwd=cwd, bounds=bounds, listener=listener)


def run_cold(request: dict[str, Any], *, cwd: Path, bounds: Bounds, listener: Listener) -> Finished:
    """The same by a process of its own, which imports everything anew: slower, needing nobody."""
    return encoder.run(
        own_module("processing.pillow", json.dumps(request)),
        cwd=cwd,
        bounds=bounds,
        listener=listener,
        environment={"PYTHONPATH": import_path()},
    )
