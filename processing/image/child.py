"""Has one request about one image answered by a child process: a fork where possible."""

import contextlib
import json
import logging
from pathlib import Path
from typing import Any, Final

from processing.sandbox import program
from processing.sandbox.limits import Bounds
from processing.sandbox.watch import Finished, Listener
from processing.sandbox.zygote import Zygote, ZygoteLostError

# A child that is no fork may be the first to import its modules. A limit below their bytecode's
# size would leave it cut short in the cache, for everybody.
BYTECODE_BYTES: Final = 16 * 1024 * 1024
ZYGOTE: Final = Zygote("processing.image.pixels.request")

_FORKS: Final = 2  # that are tried
_log = logging.getLogger(__name__)


def run_image_child(
    request: dict[str, Any], *, cwd: Path, bounds: Bounds, listener: Listener
) -> Finished:
    """Have `request` answered and tell how that ended; the lines go to `listener`.

    Promises and raises what program.run does. When the zygote fails, the lines may come again
    from the start.
    """
    for _ in range(_FORKS):
        with contextlib.suppress(ZygoteLostError):
            return ZYGOTE.run(request, cwd=cwd, bounds=bounds, listener=listener)
        _log.warning("The warm process for images was lost.")
    return run_afresh(request, cwd=cwd, bounds=bounds, listener=listener)


def run_afresh(
    request: dict[str, Any], *, cwd: Path, bounds: Bounds, listener: Listener
) -> Finished:
    """The same by a process that imports everything anew: slower, and independent of others."""
    return program.run(
        program.own_module("processing.image.pixels", json.dumps(request)),
        cwd=cwd,
        bounds=bounds,
        listener=listener,
        environment={"PYTHONPATH": program.import_path()},
    )
