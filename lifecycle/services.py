"""What every verb needs: the settings, the storage account in our vocabulary, and the time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from integrations.alarm_table import ALARMS_TABLE, AlarmTable
from integrations.audit_table import AuditTable
from integrations.continuation import Continuations
from integrations.delivery_queue import DELIVERY_QUEUE, TRANSFER_QUEUE, DeliveryQueue
from integrations.destinations.destination import Destination
from integrations.endpoint_table import EndpointTable
from integrations.ingest_table import INGEST_TABLE, IngestTable
from integrations.job_index import JobIndex
from integrations.job_queue import HIGH_QUEUE, QUEUE, JobQueue
from integrations.key_table import KEYS_TABLE, KeyTable
from integrations.keyed_request_table import KeyedRequestTable
from integrations.links import Links
from integrations.outbound_http import OutboundHttp
from integrations.outbox_table import OUTBOX_TABLE, OutboxTable
from integrations.results import Results
from integrations.secret_keys import SecretKeys
from integrations.staged_uploads import StagedUploads
from integrations.storage import blob_service, queue_client, table_client
from integrations.storage_time import StorageTime
from integrations.tenant_table import TENANTS_TABLE, TenantTable
from integrations.tracking import HISTORY_TABLE, TABLE, JobTable
from integrations.upload_link_table import UploadLinkTable
from integrations.uploads import Uploads
from jobs.alarm import Retention
from jobs.contract import MOST_BESIDE_FILE_BYTES
from jobs.endpoint import EndpointKind
from jobs.job import Job
from lifecycle.key_store import KeyStore
from lifecycle.known_endpoints import KnownEndpoints
from lifecycle.lanes import Dispatcher
from lifecycle.own_destinations import destinations_by_settings, endpoints_by_settings
from lifecycle.set_alarms import SetAlarms
from settings import Settings
from worker.exclusive import SharedExclusiveLock
from worker.log import log
from worker.outage import Outage
from worker.shutdown import Shutdown
from worker.spare_room import SpareRoom


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """Built once per worker process; every part is safe to use from several threads."""

    settings: Settings
    uploads: Uploads
    results: Results
    jobs: JobTable
    history: JobTable
    alarms: AlarmTable
    index: JobIndex
    queue: JobQueue
    links: Links
    staged: StagedUploads
    ingests: IngestTable
    upload_links: UploadLinkTable
    keyed_requests: KeyedRequestTable
    outbox: OutboxTable
    endpoint_table: EndpointTable
    endpoints: KnownEndpoints
    delivery_queue: DeliveryQueue
    secret_keys: SecretKeys
    keys: KeyStore
    continuations: Continuations
    outbound: OutboundHttp
    destinations: Mapping[EndpointKind, Destination]
    dispatcher: Dispatcher
    clock: Callable[[], datetime] = utc_now
    worker_lock: SharedExclusiveLock = field(default_factory=SharedExclusiveLock)
    shutdown: Shutdown = field(default_factory=Shutdown)
    outage: Outage = field(default_factory=Outage)
    spare_room: SpareRoom = field(default_factory=SpareRoom)
    set_alarms: SetAlarms = field(default_factory=SetAlarms)
    # Endpoints whose alarm was answered in this tick of a timer.
    looked_at: set[str] = field(default_factory=set)
    # Versions of fresh uploads of which a rescue of this process has seen the row.
    known_uploads: set[tuple[str, str]] = field(default_factory=set)
    # Days of which a sweep of this process has seen that all jobs were counted.
    counted_days: set[datetime] = field(default_factory=set)
    # Versions of uploads that a sweep of this process has seen, and when it checks them again.
    next_checks: dict[tuple[str, str], datetime] = field(default_factory=dict)
    # The same of results.
    next_result_checks: dict[tuple[str, str], datetime] = field(default_factory=dict)

    @property
    def lease(self) -> timedelta:
        """For how long a claim or a heartbeat owns the job."""
        return timedelta(seconds=self.settings.lease_s)

    @property
    def retention(self) -> Retention:
        """For how long things are kept where nothing else was asked."""
        return Retention(
            result=timedelta(minutes=self.settings.processed_retention_minutes),
            failure=timedelta(hours=self.settings.failed_retention_hours),
            history=timedelta(days=self.settings.history_retention_days),
        )

    def for_one_tick(self) -> "Services":
        """The same, for a timer's tick, which asks only once whether a queue is idle."""
        return replace(self, queue=self.queue.asked_once(), looked_at=set())

    def send_message(self, job: Job, delay: timedelta = timedelta(0)) -> None:
        """Wakes a worker for the job; a repeated message finds nothing left to do."""
        self.queue.send(job.message(self.clock()), delay)


def connect(settings: Settings) -> Services:
    """Clients for the configured account; makes no call yet."""
    time = StorageTime(utc_now)
    table = partial(table_client, settings, time=time)
    queue = partial(queue_client, settings, time=time)
    service = blob_service(settings, time)
    name = service.account_name or settings.blob_account_name or ""
    _warn_of_what_is_odd(settings, name)
    outbound = OutboundHttp()
    outbox = table(OUTBOX_TABLE)
    endpoint_table, keys = EndpointTable(outbox), SecretKeys.of(settings)
    key_store = _key_store(settings, table)
    own = endpoints_by_settings(settings)
    tenant_of = key_store.tenants.of
    known_endpoints = KnownEndpoints(endpoint_table, settings.webhook_url, time, own, tenant_of)
    return Services(
        settings=settings,
        uploads=Uploads(service),
        results=Results(service),
        jobs=JobTable(table(TABLE)),
        history=JobTable(table(HISTORY_TABLE)),
        alarms=AlarmTable(table(ALARMS_TABLE)),
        index=JobIndex(table),
        queue=JobQueue(queue(QUEUE), queue(HIGH_QUEUE)),
        links=Links(service, name),
        staged=StagedUploads(service),
        ingests=IngestTable(table(INGEST_TABLE)),
        upload_links=UploadLinkTable(table),
        keyed_requests=KeyedRequestTable(table),
        outbox=OutboxTable(outbox),
        endpoint_table=endpoint_table,
        endpoints=known_endpoints,
        delivery_queue=DeliveryQueue(queue(DELIVERY_QUEUE), queue(TRANSFER_QUEUE)),
        secret_keys=keys,
        keys=key_store,
        continuations=Continuations(keys),
        outbound=outbound,
        destinations=destinations_by_settings(settings, outbound, keys),
        dispatcher=Dispatcher(settings.delivery_slots),
        clock=time,
    )


def _key_store(settings: Settings, table: Any) -> KeyStore:
    return KeyStore.of(
        settings,
        KeyTable(table(KEYS_TABLE)),
        TenantTable(table(TENANTS_TABLE)),
        AuditTable(table, settings.audit_months),
    )


def _warn_of_what_is_odd(settings: Settings, account: str) -> None:
    if settings.blob_account_name not in (None, account):
        log.warning(
            "BLOB_ACCOUNT_NAME is %s, but AzureWebJobsStorage reaches %s, which is used",
            settings.blob_account_name,
            account,
        )
    if settings.host_body_limit_bytes < settings.ingest_max_video_bytes + MOST_BESIDE_FILE_BYTES:
        log.warning(
            "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is %d: the host answers 500 to larger forms, though"
            " INGEST_MAX_VIDEO_MB allows them",
            settings.host_body_limit_bytes,
        )
    if settings.secrets_key is None:
        log.info("SECRETS_KEY is not set: secrets are derived from API_KEY, and change with it")
