"""Whether the parts that every job needs answer at this moment."""

from dataclasses import dataclass

from lifecycle.services import Services
from processing.tools import missing_tools


@dataclass(frozen=True, slots=True)
class PartsHealth:
    """One claim for each part."""

    storage_answers: bool
    ffmpeg_works: bool

    @property
    def is_healthy(self) -> bool:
        """Whether a job could be done now."""
        return self.storage_answers and self.ffmpeg_works


def check_parts(services: Services) -> PartsHealth:
    """Asks each part; takes seconds at most, also in an outage."""
    return PartsHealth(
        storage_answers=services.uploads.is_reachable()
        and services.results.is_reachable()
        and services.queue.is_reachable()
        and services.jobs.is_reachable(),
        ffmpeg_works=not missing_tools(services.settings.video_output),
    )
