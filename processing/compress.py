"""Makes a small, web-ready rendition of one media file: the room's public verb."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from errors import DiskFullError, PermanentError
from order import Order
from processing.allowance import Allowance
from processing.formats import identify
from processing.image.transcode import compress_image
from processing.progress import Progress, Reporter, Stage
from processing.rendition import Rendition
from processing.task import Task
from processing.video.transcode import compress_video

_SPARE_BYTES: Final = 64 * 1024 * 1024


def compress(
    source: Path,
    work_dir: Path,
    order: Order,
    allowance: Allowance,
    on_progress: Callable[[Progress], None],
) -> Rendition:
    """Write a rendition of `source`, as ordered, into `work_dir` and describe it.

    The content decides what the file is; its name is never looked at. Nothing outside `work_dir`
    is written; what an interrupted run left there is overwritten. Untrusted bytes are decoded in
    child processes only, which are gone when this returns or raises. Raises a PermanentError when
    the file is to blame and a TransientError when trying again may help; what `on_progress`
    raises stops the work and passes through. FileNotFoundError when `source` went meanwhile.
    """
    size_bytes = source.stat().st_size
    try:
        return _compressed(source, work_dir, order, allowance, Reporter(on_progress))
    except PermanentError as error:
        # Cleaners of temporary files know no jobs: then it is not the sender's file that is bad.
        if not source.exists() or source.stat().st_size != size_bytes:
            raise FileNotFoundError("the file was removed while it was being read") from error
        raise


def _compressed(
    source: Path, work_dir: Path, order: Order, allowance: Allowance, report: Reporter
) -> Rendition:
    report(Stage.PROBING, 0.0)
    task = Task(
        source=source.absolute(),
        format=identify(source),
        size_bytes=source.stat().st_size,
        work_dir=work_dir.absolute(),
        order=order,
        allowance=allowance,
        deadline=time.monotonic() + allowance.time_limit_s,
        report=report,
    )
    if shutil.disk_usage(work_dir).free < task.size_bytes + _SPARE_BYTES:
        raise DiskFullError
    rendition = compress_image(task) if task.format.kind == "image" else compress_video(task)
    report(Stage.VERIFYING, 100.0)
    return rendition
