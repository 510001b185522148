"""Has one request about one picture answered by a child process."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from processing import encoder
from processing.watch import Bounds, Finished, Listener

# The child may be the first to import its modules. A limit below their bytecode's size would leave
# it cut short in the cache, for everybody.
BYTECODE_BYTES: Final = 16 * 1024 * 1024


def run_picture_child(
    request: dict[str, Any], *, cwd: Path, bounds: Bounds, listener: Listener
) -> Finished:
    """Run processing.pillow on `request` and tell how it ended; the lines go to `listener`.

    Promises and raises what encoder.run does.
    """
    # -P: the folder it runs in holds a stranger's file, which must not be imported.
    argv = [sys.executable, "-P", "-m", "processing.pillow", json.dumps(request)]
    return encoder.run(
        argv,
        cwd=cwd,
        bounds=bounds,
        listener=listener,
        environment={"PYTHONPATH": import_path()},
    )


def import_path() -> str:
    """Where this process finds its modules, whichever host arranged it."""
    here = str(Path(__file__).resolve().parents[1])
    return ":".join(dict.fromkeys([here, *(folder for folder in sys.path if folder)]))
