"""The command `plan`: what a file is, what would be made of it, why, and what that takes."""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from compression_config import PROFILES
from processing.cli.compress import file_at
from processing.cli.facts import (
    Facts,
    picture_facts,
    picture_plan_facts,
    picture_words,
    video_facts,
    video_plan_facts,
    video_words,
)
from processing.cli.failure import DONE, tell_failure
from processing.cli.words import name_text, size_text, time_text
from processing.cores import usable_cores
from processing.explain import Reason
from processing.formats import Format
from processing.image.explain import explain_image
from processing.image.plan import plan_image
from processing.image.predict import predict_picture
from processing.image.transcode import probe_picture
from processing.predict import UNCERTAINTY, Prediction
from processing.probe import identify, probe_video
from processing.rendition import Options
from processing.video.explain import explain_video
from processing.video.plan import plan_video
from processing.video.predict import predict_video


@dataclass(frozen=True, slots=True)
class _Outlook:
    """All that is known before anything is encoded."""

    facts: Facts
    words: str  # the facts, in a line
    plan: Facts
    reasons: tuple[Reason, ...]
    prediction: Prediction


def plan_files(names: Sequence[str], options: Options, *, as_json: bool) -> int:
    """Tell the plan of each of `names` on stdout; the highest of their exit statuses comes back.

    Only headers and a few frames are decoded, in a child process; nothing is left on disk.
    """
    return max(_plan_one(name, options, as_json=as_json) for name in names)


def _plan_one(name: str, options: Options, *, as_json: bool) -> int:
    try:
        source = file_at(Path(name))
        with tempfile.TemporaryDirectory(prefix="planning-") as folder:
            outlook = _outlook(source, Path(folder), options)
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with one file, the next has its turn
        return tell_failure(name, error, as_json=as_json)
    if as_json:
        sys.stdout.write(json.dumps(_json(name, outlook, options)) + "\n")
    else:
        sys.stdout.write(_text(name, outlook))
    sys.stdout.flush()
    return DONE


def _outlook(source: Path, work_dir: Path, options: Options) -> _Outlook:
    found = identify(source)
    deadline = time.monotonic() + options.time_limit_s
    look = _picture if found.kind == "image" else _video
    return look(source, found, (work_dir, deadline), options)


def _picture(source: Path, found: Format, where: tuple[Path, float], options: Options) -> _Outlook:
    info = probe_picture(source, found, *where)
    plan = plan_image(info, PROFILES[options.profile], options.image_output, options.lighter)
    return _Outlook(
        facts=picture_facts(info),
        words=picture_words(info),
        plan=picture_plan_facts(plan),
        reasons=explain_image(info, plan, options),
        prediction=predict_picture(info, plan),
    )


def _video(source: Path, found: Format, where: tuple[Path, float], options: Options) -> _Outlook:
    info = probe_video(source, found, *where)
    plan = plan_video(info, options)
    return _Outlook(
        facts=video_facts(info),
        words=video_words(info),
        plan=video_plan_facts(plan),
        reasons=explain_video(info, plan, options),
        prediction=predict_video(info, plan, _cores(options), is_searched=options.target_quality),
    )


def _cores(options: Options) -> int:
    """That an encoder may use."""
    here = usable_cores()
    return min(here, options.threads) if options.threads else here


def _json(name: str, outlook: _Outlook, options: Options) -> Facts:
    return {
        "file": name,
        "profile": options.profile,
        "lighter": options.lighter,
        "source": outlook.facts,
        "plan": outlook.plan,
        "reasons": [asdict(reason) for reason in outlook.reasons],
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
        f"  size     about {size_text(predicted.size_bytes)}, half to double",
        f"  time     about {time_text(predicted.time_s)} on this machine, half to double",
        "  because",
        *(f"    {reason.about + ':':14} {reason.sentence}" for reason in outlook.reasons),
    ]
    return "\n".join(lines) + "\n"
