"""Has one picture compressed by a child process; this process never decodes a pixel."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import errors
from compression_config import LIMITS
from processing.child.watch import Bounds, Finished
from processing.cores import encoding
from processing.formats import Format, by_name
from processing.image.child import BYTECODE_BYTES, run_picture_child
from processing.image.plan import PictureInfo
from processing.rendition import Rendition, rendition_of
from processing.task import Task

_Report = Callable[[str, float], None]


def probe_picture(source: Path, found: Format, work_dir: Path, deadline: float) -> PictureInfo:
    """The facts of a picture, from its headers; nothing is decoded.

    Raises the same errors for a refused or damaged header as compress_image.
    """
    request = {"action": "probe", "source": str(source), "format": found.name}
    bounds = Bounds(deadline, LIMITS.image_memory_bytes, BYTECODE_BYTES)
    last = _answer(request, work_dir, bounds, lambda _stage, _percent: None)
    with _doubting():
        return PictureInfo(**last["info"])


def compress_image(task: Task) -> Rendition:
    """Run the child on the picture and describe what it wrote.

    Raises the child's error under its own name, or what watch.watch raises.
    """
    bounds = Bounds(
        deadline=task.deadline,
        memory_bytes=LIMITS.image_memory_bytes,
        file_bytes=task.size_bytes + BYTECODE_BYTES,
    )
    with encoding():
        last = _answer(_request(task), task.work_dir, bounds, task.report)
    with _doubting():
        made = by_name(last["format"])
        passthrough_reason, notes = last["passthrough_reason"], tuple(last["notes"])
    # The child names no path: it has read a stranger's bytes, and is not believed so far.
    path = task.work_dir / f"rendition.{made.extension}"
    if path.is_symlink() or not path.is_file() or path.stat().st_size > task.size_bytes:
        raise errors.EncodingError
    return rendition_of(path, made, task.size_bytes, passthrough_reason, notes)


def _request(task: Task) -> dict[str, Any]:
    return {
        "action": "compress",
        "source": str(task.source),
        "work_dir": str(task.work_dir),
        "format": task.format.name,
        "options": asdict(task.options),
    }


def _answer(
    request: dict[str, Any], work_dir: Path, bounds: Bounds, report: _Report
) -> dict[str, Any]:
    """The child's last word; raises the error that it names."""
    last: dict[str, Any] = {}

    def listen(line: str) -> bool:
        with _doubting():
            said = dict(json.loads(line))
            stage, percent = str(said.get("stage", "")), float(said.get("percent", 0))
        if stage:
            report(stage, percent)
        else:
            last.update(said)
        return True

    finished = run_picture_child(request, cwd=work_dir, bounds=bounds, listener=listen)
    if "error" in last or not last:
        raise _error(last, finished)
    return last


@contextlib.contextmanager
def _doubting() -> Iterator[None]:
    """Words that are none of ours are a failure to encode: their speaker may be taken over."""
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:
        raise errors.EncodingError from error


def _error(said: dict[str, Any], finished: Finished) -> Exception:
    """The named error that the child reported; a child that fell silent failed to encode."""
    kind = getattr(errors, said.get("error", ""), None)
    is_ours = isinstance(kind, type) and issubclass(
        kind, errors.PermanentError | errors.TransientError
    )
    error: Exception = kind(said.get("message")) if is_ours and kind else errors.EncodingError()
    error.add_note(said.get("detail", finished.errors))
    return error
