"""What is accepted, and for how long things last: all that a client needs to know beforehand."""

from dataclasses import dataclass

from jobs.contract import MOST_BESIDE_FILE_BYTES
from jobs.upload_link import BLOCK_BYTES, LARGEST_SINGLE_BYTES, RENEWABLE_FOR
from lifecycle.services import Services
from processing import formats

# A photo of a megabyte takes a second or two.
POLL_AFTER_S, POLL_EVERY_S = 1.0, 2.0
# What files of each format are usually called: for pages that filter what is dropped on them.
EXTENSIONS = {
    "jpeg": ("jpg", "jpeg"),
    "tiff": ("tif", "tiff"),
    "heic": ("heic", "heif"),
    "mp4": ("mp4", "m4v"),
    "mov": ("mov", "qt"),
    "wmv": ("wmv", "asf"),
    "ts": ("ts", "mts", "m2ts"),
    "mpg": ("mpg", "mpeg", "vob", "mod", "tod"),
    "ogv": ("ogv", "ogg"),
    "dv": ("dv", "dif"),
}


@dataclass(frozen=True, slots=True)
class AcceptedFormat:
    """One family of files, recognized by content."""

    name: str
    kind: str  # image or video
    extensions: tuple[str, ...]  # usual ones, in lower case


@dataclass(frozen=True, slots=True)
class AcceptedLimits:
    """Sizes are bytes."""

    upload_max_bytes: int  # by a link, or written to storage
    form_max_image_bytes: int
    form_max_video_bytes: int
    single_max_bytes: int  # of an upload in one request, where nothing else is asked
    block_bytes: int  # advised
    link_minutes: int
    link_renewable_days: int
    result_kept_minutes: int
    failure_kept_hours: int
    poll_after_s: float  # before the first question for a status
    poll_every_s: float
    formats: tuple[AcceptedFormat, ...]


def accepted_limits(services: Services) -> AcceptedLimits:
    """As the settings are."""
    settings = services.settings
    host_limit = settings.host_body_limit_bytes - MOST_BESIDE_FILE_BYTES
    return AcceptedLimits(
        upload_max_bytes=settings.max_upload_bytes,
        form_max_image_bytes=min(settings.ingest_max_image_bytes, host_limit),
        form_max_video_bytes=min(settings.ingest_max_video_bytes, host_limit),
        single_max_bytes=LARGEST_SINGLE_BYTES,
        block_bytes=BLOCK_BYTES,
        link_minutes=settings.upload_link_minutes,
        link_renewable_days=RENEWABLE_FOR.days,
        result_kept_minutes=settings.processed_retention_minutes,
        failure_kept_hours=settings.failed_retention_hours,
        poll_after_s=POLL_AFTER_S,
        poll_every_s=POLL_EVERY_S,
        formats=tuple(_accepted(row) for row in formats.FORMATS.values()),
    )


def _accepted(row: formats.Format) -> AcceptedFormat:
    return AcceptedFormat(row.name, row.kind, EXTENSIONS.get(row.name, (row.name,)))
