"""Where events are delivered, and who gets which."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from jobs.contract import Contract
from jobs.delivery import Delivery
from jobs.event import SUBSCRIBABLE, EventType, Receiver
from jobs.job import Job
from jobs.signing import SigningSecret
from jobs.step import step_id_of
from jobs.tenant import NOBODY, owns

MOST_ENDPOINTS = 20
# The one that exists by a setting alone.
OPERATOR = "operator"
# Of addresses that stand beside an upload; those of one server are one endpoint, so that its
# failures count together.
OF_JOBS = "job-"
EVER = datetime(2026, 1, 1, tzinfo=UTC)  # since when those are there that settings make


class EndpointKind(StrEnum):
    """How an endpoint is reached; there is a destination of the same name."""

    WEBHOOK = "webhook"
    # There is one of each of these at most, by settings, and its id is its kind.
    SFTP = "sftp"
    PUSH = "push"
    SIMPI = "simpi"


# The contract whose files go there.
CONTRACT_OF = {EndpointKind.SFTP: Contract.LMS, EndpointKind.PUSH: Contract.VIDEO}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who gets which events, where, and signed with which secret."""

    id: str
    url: str
    events: frozenset[EventType]
    created_at: datetime
    secret: SigningSecret
    kind: EndpointKind = EndpointKind.WEBHOOK
    description: str = ""
    disabled_at: datetime | None = None
    disabled_reason: str | None = None  # for people
    tenant: str = NOBODY  # who gets events of nothing but the own jobs
    row_etag: str | None = None  # the row's version; not a column

    @property
    def is_enabled(self) -> bool:
        """Whether events are delivered there."""
        return self.disabled_at is None

    def in_version(self, row_etag: str | None) -> "Endpoint":
        """The same endpoint, as that version of its row; None: it has none yet."""
        return replace(self, row_etag=row_etag)

    def wants(self, event: EventType) -> bool:
        """Whether events of this type are delivered there."""
        return self.is_enabled and event in self.events

    def is_for(self, job: Job) -> bool:
        """Whether it has to do with that job, whatever its end."""
        if not owns(self.tenant, job.blob_name):
            return False
        if self.kind is EndpointKind.SIMPI:
            return job.contract is Contract.NONE and step_id_of(job.blob_name) is not None
        return self.kind not in CONTRACT_OF or CONTRACT_OF[self.kind] is job.contract


def is_transfer(endpoint_id: str) -> bool:
    """Whether deliveries there are transfers of files, which have a queue of their own."""
    return endpoint_id in CONTRACT_OF


def by_setting(kind: EndpointKind, url: str, events: frozenset[EventType]) -> Endpoint:
    """The only endpoint of a kind that settings make."""
    return Endpoint(kind.value, url, events, EVER, SigningSecret(kind.value), kind)


def operators(url: str, known: Endpoint | None, now: datetime) -> Endpoint:
    """The operator's own, as it is known, but not what is known of another address."""
    if known and known.url == url:
        return known
    secret = known.secret if known else SigningSecret(OPERATOR)
    etag = known.row_etag if known else None
    return Endpoint(OPERATOR, url, SUBSCRIBABLE, now, secret, row_etag=etag)


def id_of_address(url: str, tenant: str = NOBODY) -> str:
    """The endpoint of an address that stands beside an upload of that tenant."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.lower()}"
    if tenant != NOBODY:  # the failures of one tenant's address are none of another's
        origin = f"{tenant} {origin}"
    return OF_JOBS + hashlib.sha256(origin.encode()).hexdigest()[:20]


def of_address(delivery: Delivery, secret: SigningSecret) -> Endpoint:
    """The endpoint of a delivery that has its own address."""
    url = delivery.url or ""
    return Endpoint(delivery.endpoint_id, url, frozenset(), delivery.created_at, secret)


def receivers(
    job: Job, event: EventType, endpoints: Iterable[Endpoint], tenant: str = NOBODY
) -> tuple[Receiver, ...]:
    """Who is to be told of this end of a tenant's job."""
    found = [Receiver(each.id) for each in endpoints if each.wants(event) and each.is_for(job)]
    if job.order.webhook:
        address = job.order.webhook
        found.append(Receiver(id_of_address(address, tenant), address))
    return tuple(found)


def disabled(endpoint: Endpoint, reason: str, now: datetime) -> Endpoint:
    """The endpoint that gets nothing more until somebody enables it again."""
    return replace(endpoint, disabled_at=now, disabled_reason=reason)


def enabled(endpoint: Endpoint) -> Endpoint:
    """The endpoint that gets events again."""
    return replace(endpoint, disabled_at=None, disabled_reason=None)
