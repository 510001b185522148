"""Does what one request about one picture asks for: JSON lines on stdout, the answer last."""

import errno
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compression_config import LIMITS, PROFILES
from errors import (
    DiskFullError,
    EncodingError,
    LimitPixelsError,
    MediaProcessorError,
)
from processing.formats import by_name
from processing.image.plan import plan_image
from processing.pillow.blame import blaming_the_file
from processing.pillow.choosing import smallest
from processing.pillow.copyright import Credit, add_credit, credit_of
from processing.pillow.loading import notes_of
from processing.pillow.opening import open_picture
from processing.pillow.verifying import verify_picture
from processing.rendition import Options


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
    with blaming_the_file():
        _, info = open_picture(Path(request["source"]), request["format"], LIMITS)
    return {"info": asdict(info)}


def _compress(request: dict[str, Any]) -> dict[str, Any]:
    source, work_dir = Path(request["source"]), Path(request["work_dir"])
    options = Options(**request["options"])
    with blaming_the_file():
        picture, info = open_picture(source, request["format"], LIMITS)
    plan = plan_image(info, PROFILES[options.profile], options.image_output, options.lighter)
    credit = credit_of(picture) if options.keep_copyright else Credit()
    _report(0.0)
    result = smallest(picture, info, plan, source, _report)
    _say({"stage": "verifying", "percent": 96})
    target = work_dir / f"rendition.{by_name(result.format_name).extension}"
    target.write_bytes(result.data)
    if result.passthrough_reason is None:
        verify_picture(target, result.format_name, result.plan)
    else:
        with blaming_the_file():  # these are the sender's own bytes
            verify_picture(target, result.format_name, result.plan)
    said = add_credit(target, result.format_name, credit, info.size_bytes)
    return {
        "format": result.format_name,
        "passthrough_reason": result.passthrough_reason,
        "notes": [*plan.notes, *notes_of(picture), *result.notes, *said],
    }


_ACTIONS = {"probe": _probe, "compress": _compress}


def _report(share: float) -> None:
    _say({"stage": "encoding", "percent": round(2 + 94 * share, 1)})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
