"""Jobs of each kind, stored for the timers to find beside what is due, and cleared away."""

from datetime import UTC, datetime, timedelta

from errors import CorruptMediaError
from jobs import transitions
from jobs.alarm import Alarm, Kind, due_at
from jobs.job import Job, Outcome, Status, Upload, new_job
from lifecycle.services import Services

# Jobs that have waited so long are looked at five minutes later, and not before.
WAITING_FOR = timedelta(minutes=7)


def completed(number: int, now: datetime) -> Job:
    """A job that ended at that time."""
    name = f"2026/holiday photos/upload-{number:06d}.jpg"
    job = new_job(Upload(name, 4_000_000, f"0x{number:X}", now), now)
    result = name.replace("upload-", "processed-").replace(".jpg", ".webp")
    outcome = Outcome(
        result, f"http://localhost/{result}", "0x1", 4_000_000, 900_000, 1.5, "webp", None, None
    )
    return transitions.completed(
        transitions.claimed(job, f"attempt-{number}", now, timedelta(seconds=45)), outcome, now
    )


def keep_failed(services: Services, numbers: range) -> None:
    """Uploads of jobs that were given up just now."""
    now = datetime.now(UTC)
    for number in numbers:
        job = _uploaded(services, f"broken-{number}.jpg", now).failed(CorruptMediaError(), now)
        services.jobs.insert(job)
        services.alarms.set(Alarm(Kind.ENDED, job.key, due_at(job, services.retention)))


def keep_waiting(services: Services, numbers: range) -> None:
    """Uploads of jobs that wait behind others, each with the alarm that its last one left."""
    now = services.clock()
    for number in numbers:
        job = _uploaded(services, f"waiting-{number}.jpg", now - WAITING_FOR)
        services.jobs.insert(job)
        services.alarms.set(Alarm(Kind.WAITING, job.key, next_alarm(job, now, services.retention)))


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
    return new_job(Upload(name, 1, etag, created_at), created_at)
