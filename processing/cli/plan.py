"""The command `plan`: what a file is, what would be made of it, why, and what that takes."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from order import Order
from processing.allowance import Allowance
from processing.cli.compress import file_at
from processing.cli.facts import (
    Facts,
    image_facts,
    image_plan_facts,
    image_words,
    video_facts,
    video_plan_facts,
    video_words,
)
from processing.cli.failure import DONE, tell_failure
from processing.cli.words import name_text, size_text, time_text
from processing.cores import usable_cores
from processing.formats import Format, identify
from processing.image.explain import explain_image
from processing.image.plan import plan_image
from processing.image.predict import predict_image
from processing.image.transcode import probe_image
from processing.outlook import UNCERTAINTY, Prediction, Reason
from processing.video.explain import explain_video
from processing.video.plan import plan_video
from processing.video.predict import predict_video
from processing.video.probe import probe_video


@dataclass(frozen=True, slots=True)
class _Outlook:
    """All that is known before anything is encoded."""

    facts: Facts
    words: str  # the facts, in a line
    plan: Facts
    reasons: tuple[Reason, ...]
    prediction: Prediction


@dataclass(frozen=True, slots=True)
class _Source:
    """One file, and what its reading may use."""

    path: Path
    format: Format
    work_dir: Path
    deadline: float


def plan_files(names: Sequence[str], order: Order, allowance: Allowance, *, as_json: bool) -> int:
    """Tell the plan of each of `names` on stdout; the highest of their exit statuses comes back.

    Only headers and a few frames are decoded, in a child process; nothing is left on disk.
    """
    return max(_plan_one(name, order, allowance, as_json=as_json) for name in names)


def _plan_one(name: str, order: Order, allowance: Allowance, *, as_json: bool) -> int:
    try:
        path = file_at(Path(name))
        with tempfile.TemporaryDirectory(prefix="planning-") as folder:
            deadline = time.monotonic() + allowance.time_limit_s
            source = _Source(path, identify(path), Path(folder), deadline)
            outlook_on = _image if source.format.kind == "image" else _video
            outlook = outlook_on(source, order, allowance)
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with one file, the next has its turn
        return tell_failure(name, error, as_json=as_json)
    if as_json:
        sys.stdout.write(json.dumps(_json(name, outlook, order, allowance)) + "\n")
    else:
        sys.stdout.write(_text(name, outlook))
    sys.stdout.flush()
    return DONE


def _image(source: _Source, order: Order, allowance: Allowance) -> _Outlook:
    info = probe_image(source.path, source.format, source.work_dir, source.deadline)
    plan = plan_image(info, order, allowance)
    return _Outlook(
        facts=image_facts(info),
        words=image_words(info),
        plan=image_plan_facts(plan),
        reasons=explain_image(info, plan, order, allowance),
        prediction=predict_image(info, plan),
    )


def _video(source: _Source, order: Order, allowance: Allowance) -> _Outlook:
    info = probe_video(source.path, source.format, source.work_dir, source.deadline)
    plan = plan_video(info, order, allowance)
    cores = min(usable_cores(), allowance.threads or usable_cores())
    return _Outlook(
        facts=video_facts(info),
        words=video_words(info),
        plan=video_plan_facts(plan),
        reasons=explain_video(info, plan, order, allowance),
        prediction=predict_video(info, plan, cores, is_searched=order.target_quality),
    )


def _json(name: str, outlook: _Outlook, order: Order, allowance: Allowance) -> Facts:
    return {
        "file": name,
        "profile": order.profile,
        "lighter": allowance.lighter_steps,
        "source": outlook.facts,
        "plan": outlook.plan,
        "reasons": [reason._asdict() for reason in outlook.reasons],
        "predicted": {
            "size_bytes": outlook.prediction.size_bytes,
            "time_s": round(outlook.prediction.time_s, 2),
            "within_factor": UNCERTAINTY,
        },
    }


def _text(name: str, outlook: _Outlook) -> str:
    plan, predicted = outlook.plan, outlook.prediction
    made = f"{str(plan['format']).upper()}, {plan['width_px']} x {plan['height_px']} pixels"
    becomes = "stays" if plan.get("is_already_compact") else "becomes"
    lines = [
        name_text(name),
        f"  is       {outlook.words}",
        f"  {becomes:7}  {made}",
        f"  size     about {_range(predicted.size_bytes, size_text)}",
        f"  time     about {_range(predicted.time_s, time_text)} on this machine",
        "  because",
        *(f"    {reason.about + ':':14} {reason.sentence}" for reason in outlook.reasons),
    ]
    return "\n".join(lines) + "\n"


def _range(value: float, text: Callable[[float], str]) -> str:
    """`254 kB (127 kB to 508 kB)`: within it the real value most likely is."""
    return f"{text(value)} ({text(value / UNCERTAINTY)} to {text(value * UNCERTAINTY)})"
