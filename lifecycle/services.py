"""What every verb needs: the settings, the storage account in our vocabulary, and the time."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from integrations.alarms import ALARMS_TABLE, Alarm, Alarms, Kind
from integrations.blobs import Blobs
from integrations.job_queue import HIGH_QUEUE, QUEUE, JobQueue
from integrations.links import Links
from integrations.storage import blob_service, queue_client, table_client
from integrations.storage_time import StorageTime
from integrations.tracking import HISTORY_TABLE, TABLE, JobTable
from jobs.due import Terms
from jobs.job import Job
from jobs.message import JobMessage
from lifecycle.silence import Silence
from lifecycle.stopping import Stopping
from lifecycle.turns import Turns
from settings import Settings

log = logging.getLogger("mediaprocessor")
LINE_BREAKERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def on_one_line(record: logging.LogRecord) -> bool:
    """A log filter: what stands in a blob's name must not pass for a line of ours."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            LINE_BREAKERS.sub(lambda found: ascii(found[0])[1:-1], each)
            if isinstance(each, str)
            else each
            for each in record.args
        )
    return True


log.addFilter(on_one_line)


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """Built once per worker process; every part is safe to use from several threads."""

    settings: Settings
    blobs: Blobs
    jobs: JobTable
    history: JobTable
    alarms: Alarms
    queue: JobQueue
    links: Links
    clock: Callable[[], datetime] = utc_now
    turns: Turns = field(default_factory=Turns)
    stopping: Stopping = field(default_factory=Stopping)
    silence: Silence = field(default_factory=Silence)
    # Versions of fresh uploads of which a rescue of this process has seen the row.
    recorded: set[tuple[str, str]] = field(default_factory=set)
    # Versions of uploads that a sweep of this process has seen, and when it is to look again.
    accounted: dict[tuple[str, str], datetime] = field(default_factory=dict)

    @property
    def lease(self) -> timedelta:
        """For how long a claim or a heartbeat owns the job."""
        return timedelta(seconds=self.settings.lease_s)

    @property
    def terms(self) -> Terms:
        """For how long things are kept."""
        return Terms(
            result=timedelta(minutes=self.settings.processed_retention_minutes),
            failure=timedelta(hours=self.settings.failed_retention_hours),
            history=timedelta(days=self.settings.history_retention_days),
        )

    def for_one_tick(self) -> "Services":
        """The same, for a timer's tick, which asks only once whether a lane is idle."""
        return replace(self, queue=self.queue.asked_once())

    def watch(self, job_key: str, at: datetime, kind: Kind = Kind.RESCUE) -> None:
        """Has somebody look at the job then, whatever becomes of the caller; costs one call."""
        self.alarms.set(Alarm(kind, job_key, at))

    def wake(self, job: Job, delay: timedelta = timedelta(0)) -> None:
        """Sends a message for the job; a repeated one finds nothing left to do."""
        self.queue.send(
            JobMessage(job.blob_name, job.upload_etag, job.file_size, job.attempts, self.clock()),
            delay,
        )


def connect(settings: Settings) -> Services:
    """Clients for the configured account; makes no call yet."""
    time = StorageTime(utc_now)
    service = blob_service(settings, time)
    name = service.account_name or settings.blob_account_name or ""
    if settings.blob_account_name not in (None, name):
        log.warning(
            "BLOB_ACCOUNT_NAME is %s, but AzureWebJobsStorage reaches %s, which is used",
            settings.blob_account_name,
            name,
        )
    return Services(
        settings=settings,
        blobs=Blobs(service),
        jobs=JobTable(table_client(settings, TABLE, time)),
        history=JobTable(table_client(settings, HISTORY_TABLE, time)),
        alarms=Alarms(table_client(settings, ALARMS_TABLE, time)),
        queue=JobQueue(
            queue_client(settings, QUEUE, time), queue_client(settings, HIGH_QUEUE, time)
        ),
        links=Links(service, name),
        clock=time,
    )
