"""Jobs of each kind, stored for the timers to find beside what is due, and cleared away."""

from datetime import UTC, datetime, timedelta

from errors import CorruptMediaError
from jobs import transitions
from jobs.alarm import Kind, alarm_for, next_alarm
from jobs.job import Job, Status
from jobs.result import Result
from jobs.upload import Upload
from lifecycle.services import Services
from order import Order

# Jobs that have waited so long are looked at five minutes later, and not before.
WAITING_FOR = timedelta(minutes=7)


def completed(number: int, now: datetime, etag: str = "0x1") -> Job:
    """A job that ended at that time; `etag` is its result's."""
    name = f"2026/holiday photos/upload-{number:06d}.jpg"
    upload = Upload(name, 4_000_000, f"0x{number:X}", now)
    job = transitions.created(upload, Order(), now)
    job = transitions.claimed(job, f"attempt-{number}", now, timedelta(seconds=45))
    result = result_name(name)
    url = f"http://localhost/{result}"
    return transitions.completed(
        job, Result(result, url, etag, 4_000_000, 900_000, 1.5, "webp"), now
    )


def result_name(blob_name: str) -> str:
    """What the result of such a photo is called."""
    return blob_name.replace("upload-", "processed-").replace(".jpg", ".webp")


def lapsed(name: str, then: datetime) -> Job:
    """A job whose attempt vanished as soon as it began."""
    job = transitions.created(Upload(name, 5, "0x1", then), Order(), then)
    return transitions.claimed(job, "dead", then, timedelta(0))


def add(services: Services, job: Job) -> None:
    """Stores the job, and the alarm that rings when something is due."""
    services.jobs.insert(job)
    services.alarms.set(alarm_for(job, services.retention))


def keep_failed(services: Services, numbers: range) -> None:
    """Uploads of jobs that were given up just now."""
    now = datetime.now(UTC)
    for number in numbers:
        job = _uploaded(services, f"broken-{number}.jpg", now)
        job = transitions.failed(job, CorruptMediaError(), now)
        add(services, job)


def keep_waiting(services: Services, numbers: range) -> None:
    """Uploads of jobs that wait behind others, each with the alarm that its last one left."""
    now = services.clock()
    for number in numbers:
        job = _uploaded(services, f"waiting-{number}.jpg", now - WAITING_FOR)
        services.jobs.insert(job)
        services.alarms.set(next_alarm(job, now, services.retention))


def clear_away(services: Services) -> None:
    """What a round left: jobs that were woken or accepted, and all that was set for them."""
    for upload in list(services.uploads.all()):
        services.uploads.delete(upload.blob_name, upload.etag)
    for status in (Status.QUEUED, Status.PROCESSING):
        for job in list(services.jobs.with_status(status)):
            services.jobs.delete(job)
    for kind in (Kind.WORKING, Kind.WAITING):
        for alarm in list(services.alarms.due(kind, services.clock() + timedelta(days=1))):
            services.alarms.clear(alarm)


def _uploaded(services: Services, name: str, created_at: datetime) -> Job:
    client = services.uploads._container.get_blob_client(name)  # noqa: SLF001 -- as a client does
    etag = client.upload_blob(b"x")["etag"].strip('"')
    return transitions.created(Upload(name, 1, etag, created_at), Order(), created_at)
