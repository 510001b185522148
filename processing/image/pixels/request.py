"""Does what one request about one image asks for: JSON lines on stdout, the answer last.

It runs only in a child. The zygote calls preload() once, and answer() in each fork.
"""

import errno
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from PIL import Image
from pillow_heif import register_heif_opener

from errors import DiskFullError, EncodingError, LimitPixelsError, MediaProcessorError
from notes import Note, NoteCode
from order import Order
from processing.allowance import Allowance
from processing.image.pixels.candidates import first_that_pays
from processing.image.pixels.credit import credit_of
from processing.image.pixels.damage import failures_mean_damage
from processing.image.pixels.opening import open_image
from processing.image.pixels.verification import verify_image
from processing.image.plan import plan_image
from processing.image.structure.credit import Credit, add_credit
from processing.image.structure.projection import add_projection
from processing.progress import Stage
from processing.targets import IMAGE_TARGETS

_PLUGINS: Final = ("Avif", "Bmp", "Gif", "Jpeg", "Jpeg2K", "Mpo", "Png", "Tiff", "WebP")


def preload() -> None:
    """Import what any image may need."""
    Image.preinit()
    for name in _PLUGINS:
        importlib.import_module(f"PIL.{name}ImagePlugin")
    register_heif_opener()


def answer(request: dict[str, Any]) -> None:
    """Say progress and, last, a result or an error; what is raised has no name of ours."""
    try:
        last = _ACTIONS[request["action"]](request)
    except MediaProcessorError as error:
        last = {
            "error": type(error).__name__,
            "message": error.message,
            "detail": repr(error.__cause__),
        }
    except MemoryError:
        last = {
            "error": LimitPixelsError.__name__,
            "message": "The picture needs more memory than this service gives.",
        }
    except OSError as error:
        kind = DiskFullError if error.errno == errno.ENOSPC else EncodingError
        last = {"error": kind.__name__, "detail": repr(error)}
    _say(last)


def _probe(request: dict[str, Any]) -> dict[str, Any]:
    with failures_mean_damage():
        _, info = open_image(Path(request["source"]), request["format"])
    return {"info": asdict(info)}


def _compress(request: dict[str, Any]) -> dict[str, Any]:
    """The steps from a file to its rendition; candidates.py and pipeline.py have those inside."""
    order, allowance = Order.from_json(request["order"], Order()), Allowance(**request["allowance"])
    with failures_mean_damage():
        opened, info = open_image(Path(request["source"]), request["format"])
    plan = plan_image(info, order, allowance)
    credit = credit_of(opened.image) if order.keep_copyright else Credit()
    _report(0.0)
    made = first_that_pays(opened, info, plan, _report)
    _say({"stage": Stage.VERIFYING, "percent": 96})
    target = Path(request["work_dir"]) / f"rendition.{IMAGE_TARGETS[made.format_name].extension}"
    target.write_bytes(made.data)
    if made.passthrough_reason is None:
        verify_image(target, made.format_name, made.plan)
    else:
        with failures_mean_damage():  # These are the sender's own bytes.
            verify_image(target, made.format_name, made.plan)
    said = add_credit(target, made.format_name, credit, info.size_bytes)
    if opened.projection and not made.plan.is_animated:
        shown = info.shown_size
        projection = opened.projection.scaled(
            made.plan.width / shown[0], made.plan.height / shown[1]
        )
        said += add_projection(target, made.format_name, projection, info.size_bytes)
    damage = {NoteCode.END_MISSING: opened.is_cut, NoteCode.PARTS_DAMAGED: opened.is_damaged}
    damaged = [Note(code) for code, applies in damage.items() if applies]
    return {
        "format": made.format_name,
        "passthrough_reason": made.passthrough_reason,
        "notes": [_note(note) for note in (*plan.notes, *damaged, *made.notes, *said)],
        "before": info.shown_size,
        "after": (made.plan.width, made.plan.height)
        if made.passthrough_reason is None
        else info.shown_size,
    }


_ACTIONS = {"probe": _probe, "compress": _compress}


def _note(note: Note) -> dict[str, Any]:
    return {"code": note.code.name, "values": note.values}


def _report(share: float) -> None:
    _say({"stage": Stage.ENCODING, "percent": round(2 + 94 * share, 1)})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
