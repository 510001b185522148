"""The pipeline for a measurement, with the settings of production, once it has come to rest."""

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.rig.running import Setup, running
from harness.rig.service import Service
from jobs.job import Job

# The first listing, the first sweep.
SETTLING_S = 6.0


@contextlib.contextmanager
def app_at_rest(
    settings: Mapping[str, str] | None = None, *, preface: str = ""
) -> Iterator[Service]:
    """Azurite and the app until the block ends, their files in a folder that goes with them."""
    with tempfile.TemporaryDirectory(prefix="mediaprocessor-bench-") as scratch:
        setup = Setup(settings or {}, preface)
        with running(Path(scratch), setup) as app:
            time.sleep(SETTLING_S)
            yield app


def processing_s(job: Job) -> float:
    """Seconds from the claim to the completed row; 0 while there is no result."""
    return job.result.processing_time if job.result else 0.0
