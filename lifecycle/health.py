"""Whether the parts that every job needs are there at this moment."""

from dataclasses import dataclass
from enum import StrEnum

from errors import DiskFullError, WorkDirError
from lifecycle.services import Services
from processing.self_check import can_decode
from processing.tools import missing_tools
from worker.work_folder import work_folder


class Part(StrEnum):
    """What is known of one part."""

    OK = "ok"
    UNAVAILABLE = "unavailable"
    FULL = "full"  # of the disk alone
    UNKNOWN = "unknown"  # it has not answered for too long, or was not asked


@dataclass(frozen=True, slots=True)
class PartsHealth:
    """One answer for each part."""

    storage: Part
    ffmpeg: Part  # and all else that media work needs
    work_dir: Part  # whether a job could have its folder, and room in it
    decoder: Part  # whether a child decodes a picture there

    @property
    def is_healthy(self) -> bool:
        """Whether a job could be done now."""
        return {self.storage, self.ffmpeg, self.work_dir, self.decoder} == {Part.OK}


def check_parts(services: Services) -> PartsHealth:
    """Asks each part; may take long where storage neither answers nor refuses."""
    work_dir, decoder = _place_and_decoder(services)
    storage = (services.uploads, services.results, services.queue, services.jobs)
    return PartsHealth(
        storage=_part(all(each.is_reachable() for each in storage)),
        ffmpeg=_part(not missing_tools(services.settings.video_output)),
        work_dir=work_dir,
        decoder=decoder,
    )


def _place_and_decoder(services: Services) -> tuple[Part, Part]:
    try:
        with work_folder(services.settings.work_dir, 0) as folder:
            return Part.OK, _part(can_decode(folder))
    except DiskFullError:
        return Part.FULL, Part.UNKNOWN
    except (WorkDirError, OSError):
        return Part.UNAVAILABLE, Part.UNKNOWN


def _part(is_there: bool) -> Part:
    return Part.OK if is_there else Part.UNAVAILABLE
