"""The command `compress`: each file in turn, again in a lighter way where it was too much."""

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from compression_config import LIGHTER_STEPS
from errors import EncoderKilledError, TimeLimitError
from order import Order
from processing.allowance import Allowance
from processing.cli.bar import Bar
from processing.cli.failure import DONE, UsageError, tell_failure
from processing.cli.place import Place, places, put, work_folder
from processing.cli.words import name_text, size_text, time_text
from processing.compress import compress
from processing.formats import identify
from processing.image.plan import target_kept
from processing.rendition import PassthroughReason, Rendition
from processing.targets import TARGETS

_PASSTHROUGH: Final = {
    None: "",
    PassthroughReason.NOT_SMALLER: (
        "; the source itself, cleaned: encoding would not make it smaller"
    ),
    PassthroughReason.ALREADY_COMPACT: "; the source itself, cleaned: it is compact already",
    PassthroughReason.ENCODING_FAILED: "; the source itself, cleaned: encoding failed",
}


@dataclass(frozen=True, slots=True)
class _Result:
    """One file, done."""

    target: Path
    rendition: Rendition
    lighter_steps: int  # that it took
    time_s: float  # from the first look to the last byte, attempts that failed included


def compress_files(arguments: argparse.Namespace, order: Order, allowance: Allowance) -> int:
    """Compress `arguments.files` one after the other; one that fails does not stop the others.

    The highest of their exit statuses comes back.
    """
    try:
        found = places(arguments.files, arguments.output, may_overwrite=arguments.force)
    except UsageError as error:
        told = arguments.files if arguments.json else [arguments.output]
        return max(tell_failure(name, error, as_json=arguments.json) for name in told)
    return max(_compress_one(place, arguments, order, allowance) for place in found)


def _compress_one(
    place: Place, arguments: argparse.Namespace, order: Order, allowance: Allowance
) -> int:
    bar = Bar(sys.stderr, place.source.name, is_quiet=arguments.quiet)
    try:
        result = _result(place, bar, order, allowance)
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with one file, the next has its turn
        bar.clear()
        return tell_failure(place.given, error, as_json=arguments.json)
    bar.clear()
    if arguments.json:
        sys.stdout.write(json.dumps(_facts(place, result, order)) + "\n")
    elif not arguments.quiet:
        sys.stdout.write(_words(place, result))
    sys.stdout.flush()
    if place.lies_about(result.rendition.extension) and not arguments.quiet:
        kind = result.rendition.extension.upper()
        sys.stderr.write(f"{name_text(result.target)}: holds {kind}, whatever its name says\n")
    return DONE


def _result(place: Place, bar: Bar, order: Order, allowance: Allowance) -> _Result:
    began = time.monotonic()
    source = file_at(place.source)
    place.refuse_taken(_likely_extension(source, order))
    with work_folder(place.folder) as folder:
        while True:
            try:
                rendition = compress(source, folder, order, allowance, bar)
                break
            except (TimeLimitError, EncoderKilledError) as error:
                if allowance.lighter_steps >= len(LIGHTER_STEPS):
                    raise
                allowance = replace(allowance, lighter_steps=allowance.lighter_steps + 1)
                bar.say(_retry_words(place.given, error, allowance.lighter_steps))
        target = put(rendition.path, place, rendition.extension)
    return _Result(target, rendition, allowance.lighter_steps, time.monotonic() - began)


def file_at(source: Path) -> Path:
    """The file that `source` leads to, under a name that means the same to a child process.

    Raises UsageError unless it is a file that may be read.
    """
    try:
        if not source.is_file():  # Opening a pipe would wait for a writer.
            raise UsageError("it is not a file." if source.exists() else "there is no such file.")
        found = Path(os.path.realpath(source))  # /dev/stdin is another file to each process.
        with found.open("rb"):
            return found
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}.") from error


def _likely_extension(source: Path, order: Order) -> str:
    """Of the result, before it is made: so that a place that is taken costs no work."""
    found = identify(source)
    if found.kind == "video":
        return TARGETS["mp4"].extension
    output = order.image_output
    return TARGETS[target_kept(found.name) if output == "keep" else output].extension


def _retry_words(name: str, error: TimeLimitError | EncoderKilledError, step: int) -> str:
    return (
        f"{name_text(name)}: {error.code}: {error.message} "
        f"Trying again in a lighter way, step {step} of {len(LIGHTER_STEPS)}.\n"
    )


def _facts(place: Place, result: _Result, order: Order) -> dict[str, object]:
    made = result.rendition
    return {
        "file": place.given,
        "output": str(result.target),
        "extension": made.extension,
        "content_type": made.content_type,
        "original_size_bytes": made.original_size_bytes,
        "size_bytes": made.size_bytes,
        "ratio": round(made.size_bytes / made.original_size_bytes, 4),
        "time_s": round(result.time_s, 3),
        "profile": order.profile,
        "lighter": result.lighter_steps,
        "passthrough_reason": made.passthrough_reason,
        "notes": [note.to_json() for note in made.notes],
    }


def _words(place: Place, result: _Result) -> str:
    made = result.rendition
    percent = round(100 * made.size_bytes / made.original_size_bytes)
    line = (
        f"{name_text(place.given)} {size_text(made.original_size_bytes)} -> "
        f"{name_text(result.target)} {size_text(made.size_bytes)} ({percent} %) "
        f"in {time_text(result.time_s)}{_PASSTHROUGH[made.passthrough_reason]}\n"
    )
    return line + "".join(f"  {note.sentence}\n" for note in made.notes)
