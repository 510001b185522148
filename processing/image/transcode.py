"""Has one image compressed by a child process; this process never decodes a pixel."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import errors
from compression_config import LIMITS
from media_facts import MediaFacts
from notes import Note, NoteCode
from order import OPTIONS
from processing.cores import encoding
from processing.formats import Format
from processing.image.child import BYTECODE_BYTES, run_image_child
from processing.image.info import ImageInfo
from processing.progress import Stage
from processing.rendition import PassthroughReason, Rendition, rendition_of
from processing.sandbox.limits import Bounds
from processing.sandbox.watch import Finished
from processing.targets import IMAGE_TARGETS
from processing.task import Task

_Report = Callable[[Stage, float], None]


def probe_image(source: Path, found: Format, work_dir: Path, deadline: float) -> ImageInfo:
    """The facts of an image, from its headers; nothing is decoded.

    Raises the same errors for a refused or damaged header as compress_image.
    """
    request = {"action": "probe", "source": str(source), "format": found.name}
    bounds = Bounds(deadline, LIMITS.image_memory_bytes, BYTECODE_BYTES)
    last = _answer(request, work_dir, bounds, lambda _stage, _percent: None)
    with _doubting():
        return ImageInfo(**last["info"])


def compress_image(task: Task) -> Rendition:
    """Run the child on the image and describe what it wrote.

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
        target = IMAGE_TARGETS[last["format"]].name
        said = last["passthrough_reason"]
        reason = None if said is None else PassthroughReason(said)
        notes = tuple(_note(each) for each in last["notes"])
        before = _facts(last["before"], task.format.name)
        after = _facts(last["after"], target)
    # The child names no path: it has read a stranger's bytes, and is not believed so far.
    path = task.result_path(target)
    if path.is_symlink() or not path.is_file() or path.stat().st_size > task.size_bytes:
        raise errors.EncodingError
    made = rendition_of(path, target, task.size_bytes, reason, notes)
    return made.telling(before, after)


def _request(task: Task) -> dict[str, Any]:
    return {
        "action": "compress",
        "source": str(task.source),
        "work_dir": str(task.work_dir),
        "format": task.format.name,
        "order": {
            option.name: getattr(task.order, option.name)
            for option in OPTIONS
            if option.concerns == "file"
        },
        "allowance": asdict(task.allowance),
    }


def _answer(
    request: dict[str, Any], work_dir: Path, bounds: Bounds, report: _Report
) -> dict[str, Any]:
    """The child's last word; raises the error that it names."""
    last: dict[str, Any] = {}

    def listen(line: str) -> bool:
        with _doubting():
            said = dict(json.loads(line))
            stage, percent = said.get("stage"), float(said.get("percent", 0))
            if stage is None:
                last.update(said)
                return True
            stage = Stage(stage)
        report(stage, percent)
        return True

    finished = run_image_child(request, cwd=work_dir, bounds=bounds, listener=listen)
    if "error" in last or not last:
        raise _error(last, finished)
    return last


def _note(said: dict[str, Any]) -> Note:
    """One of our own sentences; LookupError where it is none, or values of it are missing."""
    note = Note(NoteCode[said["code"]], tuple(map(str, said["values"])))
    _ = note.sentence
    return note


def _facts(said: list[int], format_name: str) -> MediaFacts:
    """Of the sides that were said; ValueError or TypeError where no image has such."""
    width, height = map(int, said)
    return MediaFacts(width, height, format_name)


@contextlib.contextmanager
def _doubting() -> Iterator[None]:
    """Words that are none of ours are a failure to encode: their speaker may be taken over."""
    try:
        yield
    except (ValueError, TypeError, LookupError) as error:
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
