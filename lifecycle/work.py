"""The work of one attempt: download the upload, compress it, store the result."""

import time
from collections.abc import Callable
from pathlib import Path

from jobs.stage import COMPRESSION, DOWNLOAD, Stage
from lifecycle import failpoints
from lifecycle.claim import Claim
from lifecycle.failpoints import Point
from lifecycle.log_line import Action, Line, log_action, since
from lifecycle.services import Services
from lifecycle.store import store_result
from processing.allowance import Allowance
from processing.compress import compress
from processing.progress import Progress
from processing.rendition import Rendition
from worker.work_folder import work_folder


def download_compress_store(services: Services, claim: Claim) -> None:
    """Works in a private folder, which is gone when this returns or raises."""
    job = claim.job
    with (
        work_folder(services.settings.work_dir, job.file_size) as folder,
        services.shutdown.working_in(folder),
    ):
        source = folder / "source"
        _download(services, claim, source)
        rendition = _compress(services, claim, source, folder)
        store_result(services, claim, rendition)


def _download(services: Services, claim: Claim, target: Path) -> None:
    job, started_s = claim.job, time.monotonic()

    def report(done_bytes: int) -> None:
        claim.report(Stage.DOWNLOADING, DOWNLOAD.percent(done_bytes / job.file_size))

    services.uploads.download(job.upload, target, report)
    failpoints.reached(Point.DOWNLOADED)
    line = Line(Action.DOWNLOADED, claim.job, Stage.DOWNLOADING, since(started_s))
    log_action(line, "%d bytes downloaded", job.file_size)


def _compress(services: Services, claim: Claim, source: Path, folder: Path) -> Rendition:
    settings, started_s = services.settings, time.monotonic()
    allowance = Allowance(
        time_limit_s=settings.max_processing_time_s,
        threads=settings.ffmpeg_threads,
        lighter_steps=claim.job.lighter_steps,
    )
    rendition = compress(source, folder, claim.job.order, allowance, _reporter(claim))
    failpoints.reached(Point.COMPRESSED)
    line = Line(Action.COMPRESSED, claim.job, Stage.ENCODING, since(started_s))
    log_action(line, "compressed to %d bytes", rendition.path.stat().st_size)
    return rendition


def _reporter(claim: Claim) -> Callable[[Progress], None]:
    return lambda progress: claim.report(
        Stage(progress.stage), COMPRESSION.percent(progress.percent / 100)
    )
