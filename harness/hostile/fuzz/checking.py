"""Compresses one damaged file and says what was wrong with the answer."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from errors import MediaProcessorError
from harness.hostile.fuzz.cases import Case
from harness.hostile.trial import descendants, high_water_bytes, still_running
from harness.samples.wanted import wanted
from processing.compress import compress
from processing.rendition import Rendition

Compress = Callable[..., Rendition]

GRACE_S = 8.0  # over the time limit: children have two seconds to end, and machines are busy
# Not wrong in itself, but nobody's fault that we could name: each is looked at.
SUSPICIOUS = frozenset({"ENCODING_FAILED", "INTERNAL", "ENCODER_KILLED", "TIMEOUT", "DISK_FULL"})
_SAMPLING_S = 0.02
# A child that broke down by itself: illegal instruction, abort, bus error, division, wild pointer.
_CRASHED = re.compile(r"Its status was -(4|6|7|8|11)\.|Segmentation fault")


@dataclass(slots=True)
class Finding:
    """What came of one file."""

    outcome: str  # "completed", an error's code, or the name of an exception without one
    seconds: float = 0.0
    peak_bytes: int = 0  # of the processes below, looked at fifty times a second
    violations: list[str] = field(default_factory=list)
    detail: str = ""

    @property
    def is_suspicious(self) -> bool:
        return self.outcome in SUSPICIOUS


class Room:
    """A folder and a watch over the processes below, for one file after the other."""

    def __init__(self, folder: Path, compress: Compress = compress) -> None:
        self._folder = folder
        self._compress = compress
        self._peak = 0
        threading.Thread(target=self._sample, daemon=True).start()

    def _sample(self) -> None:
        while True:
            for pid in descendants(os.getpid()):
                self._peak = max(self._peak, high_water_bytes(pid))
            time.sleep(_SAMPLING_S)

    def check(self, case: Case) -> Finding:
        job = self._folder / "job"
        shutil.rmtree(job, ignore_errors=True)
        work_dir = job / "work"
        work_dir.mkdir(parents=True)
        source = job / "in"
        source.write_bytes(case.data)
        self._peak = 0
        before = set(descendants(os.getpid()))
        began = time.monotonic()
        finding, rendition = self._answer(case, source, work_dir)
        finding.seconds = time.monotonic() - began
        finding.peak_bytes = self._peak
        finding.violations += self._wrongs(case, source, work_dir, finding)
        if alive := still_running(besides=before):
            finding.violations.append(f"left running: {alive}")
        if rendition is not None:
            finding.violations += _wrongs_of_result(rendition, case, work_dir)
        return finding

    def _answer(self, case: Case, source: Path, work_dir: Path) -> tuple[Finding, Rendition | None]:
        percents: list[float] = []
        try:
            rendition = self._compress(
                source,
                work_dir,
                *wanted(**case.options),
                lambda progress: percents.append(progress.percent),
            )
        except MediaProcessorError as error:
            notes = getattr(error, "__notes__", [])
            return Finding(error.code, detail="\n".join([repr(error), *notes])[-3_000:]), None
        except Exception as error:  # noqa: BLE001 -- that it comes out is the finding
            detail = repr(error)
            return Finding(type(error).__name__, violations=[f"raised {detail}"]), None
        finding = Finding("completed")
        if percents != sorted(percents):
            finding.violations.append("progress went back")
        return finding, rendition

    def _wrongs(self, case: Case, source: Path, work_dir: Path, finding: Finding) -> list[str]:
        wrongs = []
        if finding.seconds > float(str(case.options["time_limit_s"])) + GRACE_S:
            wrongs.append(f"took {finding.seconds:.1f} s")
        if not source.exists() or source.read_bytes() != case.data:
            wrongs.append("changed the source")
        if {path.name for path in work_dir.parent.iterdir()} != {"in", "work"}:
            wrongs.append("wrote outside its folder")
        if _CRASHED.search(finding.detail):
            wrongs.append("a child crashed")
        return wrongs


def _wrongs_of_result(rendition: Rendition, case: Case, work_dir: Path) -> list[str]:
    wrongs = []
    if rendition.path.parent != work_dir or not rendition.path.is_file():
        return ["the result is not in the work folder"]
    others = sorted(path.name for path in work_dir.iterdir() if path != rendition.path)
    if others:
        wrongs.append(f"left behind: {others}")
    size = rendition.path.stat().st_size
    if size > len(case.data):
        wrongs.append(f"the result is larger: {size} of {len(case.data)}")
    if size != rendition.size_bytes or rendition.original_size_bytes != len(case.data):
        wrongs.append("the sizes told are not the sizes")
    if not _opens(rendition):
        wrongs.append(f"the result does not open: {rendition.passthrough_reason}")
    return wrongs


def _opens(rendition: Rendition) -> bool:
    if rendition.content_type.startswith("image/"):
        try:
            with Image.open(rendition.path) as picture:
                picture.load()
        except Exception:  # noqa: BLE001 -- decoders raise what they like
            return False
        return True
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", f"file:{rendition.path}"]
    command += ["-map", "0:v:0", "-frames:v", "1", "-f", "framecrc", "-"]
    shown = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return any(line and not line.startswith("#") for line in shown.stdout.splitlines())
