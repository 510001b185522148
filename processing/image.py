"""Has one picture compressed by a child process; this process never decodes a pixel."""

import json
import sys
from pathlib import Path
from typing import Any, Final

import errors
from compression_config import LIMITS
from processing import encoder
from processing.formats import by_name
from processing.rendition import Rendition, rendition_of
from processing.task import Task

# The child may be the first to import its modules. A limit below their bytecode's size would leave
# it cut short in the cache, for everybody.
_BYTECODE_BYTES: Final = 16 * 1024 * 1024


def compress_image(task: Task) -> Rendition:
    """Run the child on the picture and describe what it wrote.

    Raises the child's error under its own name, or what encoder.run raises.
    """
    last: dict[str, Any] = {}

    def listen(line: str) -> bool:
        answer = json.loads(line)
        if "stage" in answer:
            task.report(answer["stage"], answer["percent"])
        else:
            last.update(answer)
        return True

    finished = encoder.run(
        _command(task),
        cwd=task.work_dir,
        bounds=encoder.Bounds(
            deadline=task.deadline,
            memory_bytes=LIMITS.image_memory_bytes,
            file_bytes=task.size_bytes + _BYTECODE_BYTES,
        ),
        listener=listen,
        environment={"PYTHONPATH": _import_path()},
    )
    if "format" not in last:
        raise _error(last, finished)
    made = by_name(last["format"])
    # The child names no path: it has read a stranger's bytes, and is not believed so far.
    path = task.work_dir / f"rendition.{made.extension}"
    if path.is_symlink() or not path.is_file():
        raise errors.EncodingError
    return rendition_of(
        path,
        made,
        task.size_bytes,
        last["passthrough_reason"],
        tuple(last["notes"]),
    )


def _command(task: Task) -> list[str]:
    request = {
        "source": str(task.source),
        "work_dir": str(task.work_dir),
        "format": task.format.name,
        "profile": task.options.profile,
        "image_output": task.options.image_output,
    }
    # -P: the folder it runs in holds a stranger's file, which must not be imported.
    return [sys.executable, "-P", "-m", "processing.pillow", json.dumps(request)]


def _import_path() -> str:
    """Where this process finds its modules, whichever host arranged it."""
    here = str(Path(__file__).resolve().parents[1])
    return ":".join(dict.fromkeys([here, *(folder for folder in sys.path if folder)]))


def _error(answer: dict[str, Any], finished: encoder.Finished) -> Exception:
    """The named error that the child reported; a child that fell silent failed to encode."""
    kind = getattr(errors, answer.get("error", ""), None)
    is_ours = isinstance(kind, type) and issubclass(kind, errors.MediaProcessorError)
    error: Exception = kind(answer.get("message")) if is_ours and kind else errors.EncodingError()
    error.add_note(answer.get("detail", finished.errors))
    return error
