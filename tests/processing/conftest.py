"""What the tests of this room share: a private folder, and the verb itself with its progress."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pillow_heif import register_heif_opener

from harness.samples.wanted import wanted
from processing.compress import compress
from processing.progress import Progress
from processing.rendition import Rendition

register_heif_opener()

Compress = Callable[..., Rendition]


@pytest.fixture
def progress() -> list[Progress]:
    return []


@pytest.fixture
def squeeze(tmp_path: Path, progress: list[Progress]) -> Compress:
    """Compress a file in a work folder of its own, with two threads, within a minute."""

    def run(source: Path, **options: object) -> Rendition:
        work_dir = tmp_path / "work"
        work_dir.mkdir(exist_ok=True)
        chosen = wanted(**{"time_limit_s": 60.0, "threads": 2, **options})
        return compress(source, work_dir, *chosen, progress.append)

    return run
