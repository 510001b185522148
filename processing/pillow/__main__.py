"""The child that decodes and encodes one picture: a JSON request in, JSON lines out."""

import errno
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from compression_config import LIMITS, PROFILES
from errors import (
    CorruptMediaError,
    DiskFullError,
    EncodingError,
    LimitPixelsError,
    MediaProcessorError,
)
from processing.cleaning import cleaned
from processing.formats import by_name
from processing.pillow.opening import open_picture
from processing.pillow.rendering import (
    encoded_animation,
    encoded_still,
    encoded_without_loss,
    rendered_still,
)
from processing.pillow.verifying import verify_picture
from processing.plan_image import ImagePlan, plan_image

_WORTH: Final = 0.99  # a result that saves less is not worth a loss
_LOWER_QUALITIES: Final = (78, 70, 60, 45, 30, 15)


@dataclass(frozen=True, slots=True)
class _Result:
    data: bytes
    format_name: str
    passthrough_reason: str | None = None
    notes: tuple[str, ...] = ()


def main() -> None:
    """Answer the request in argv with progress lines and, last, a result or an error."""
    request = json.loads(sys.argv[1])
    try:
        answer = _compress(request)
    except MediaProcessorError as error:
        answer = {"error": type(error).__name__, "message": error.message}
    except MemoryError:
        answer = {
            "error": LimitPixelsError.__name__,
            "message": "The picture needs more memory than this service gives.",
        }
    except OSError as error:
        kind = DiskFullError if error.errno == errno.ENOSPC else CorruptMediaError
        answer = {"error": kind.__name__, "detail": repr(error)}
    except Exception as error:  # noqa: BLE001 - decoders raise anything on damaged bytes
        answer = {"error": CorruptMediaError.__name__, "detail": repr(error)}
    _say(answer)


def _compress(request: dict[str, Any]) -> dict[str, Any]:
    source, work_dir = Path(request["source"]), Path(request["work_dir"])
    picture, info = open_picture(source, request["format"], LIMITS)
    plan = plan_image(info, PROFILES[request["profile"]], request["image_output"])
    _report(0.0)
    result = _smallest(picture, plan, source, info.format_name)
    _say({"stage": "verifying", "percent": 96})
    target = work_dir / f"rendition.{by_name(result.format_name).extension}"
    target.write_bytes(result.data)
    verify_picture(target, result.format_name, plan)
    return {
        "path": str(target),
        "format": result.format_name,
        "passthrough_reason": result.passthrough_reason,
        "notes": [*plan.notes, *result.notes],
        "plan": asdict(plan),
    }


def _smallest(picture: Image.Image, plan: ImagePlan, source: Path, format_name: str) -> _Result:
    """The planned rendition, or what may stand in for it when that would not be smaller."""
    ceiling = source.stat().st_size * _WORTH
    still = None if plan.is_animated else rendered_still(picture, plan)

    def encoded(quality: int, target: str) -> bytes:
        if still is None:
            return encoded_animation(picture, plan, quality, target, _report)
        return encoded_still(still, plan, quality, target)

    results = [encoded(plan.quality, plan.target)]
    if still is not None and (lossless := encoded_without_loss(still, plan)):
        results.append(lossless)
    best = min(results, key=len)
    if len(best) < ceiling:
        return _Result(best, plan.target)
    if plan.may_hand_back and (kept := cleaned(source.read_bytes(), format_name)):
        return _Result(kept, format_name, "not_smaller")
    target = "webp" if plan.target in {"png", "gif"} else plan.target
    for quality in _LOWER_QUALITIES:
        best = encoded(min(quality, plan.quality), target)
        if len(best) < ceiling:
            return _Result(best, target, notes=("Quality was lowered to make it smaller.",))
    raise EncodingError


def _report(share: float) -> None:
    _say({"stage": "encoding", "percent": round(2 + 94 * share, 1)})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
