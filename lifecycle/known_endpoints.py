"""The list of endpoints as this process knows it, which is at most half a minute old."""

import threading
import time
from collections.abc import Callable
from datetime import datetime

from errors import UnreadableRowError
from integrations.endpoint_table import EndpointTable, Listed
from jobs.delivery import Delivery
from jobs.endpoint import OPERATOR, Endpoint, of_address, operators, receivers
from jobs.event import EventType, Receiver
from jobs.job import Job
from jobs.naming import blob_name_of
from jobs.signing import SigningSecret
from jobs.tenant import NOBODY

REMEMBERED_S = 30.0


class KnownEndpoints:
    """Reads the list when it is asked and too old; safe to use from several threads."""

    def __init__(
        self,
        table: EndpointTable,
        operator_url: str | None,
        clock: Callable[[], datetime],
        by_settings: tuple[Endpoint, ...] = (),
        tenant_of: Callable[[str], str] = lambda _: NOBODY,
    ) -> None:
        self._tenant_of = tenant_of
        self._by_settings = by_settings
        self._table = table
        self._operator_url = operator_url
        self._clock = clock
        self._lock = threading.Lock()
        self._known: Listed | None = None
        self._read_at_s = 0.0

    def all(self) -> tuple[Endpoint, ...]:
        """Every webhook that has a name, disabled ones too; the operator's first."""
        return self._webhooks(self._listed())

    def receivers(self, job: Job, event: EventType) -> tuple[Receiver, ...]:
        """Who is to be told of this end of a job, or gets its file."""
        tenant = self._tenant_of(job.blob_name)
        return receivers(job, event, (*self.all(), *self._by_settings), tenant)

    def get(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint, or None; the list is read again before an answer is None.

        Raises UnreadableRowError for one whose row cannot be read: what waits for it still waits.
        """
        for each in self._by_settings:
            if each.id == endpoint_id:
                return each
        for listed in (self._listed, self._read_again):
            known = listed()
            found = {each.id: each for each in self._webhooks(known)}
            if endpoint_id in found:
                return found[endpoint_id]
        if endpoint_id in known.unreadable:
            raise UnreadableRowError(endpoint_id)
        return None

    def of(self, delivery: Delivery) -> Endpoint | None:
        """Where a delivery goes; None when its endpoint was deleted."""
        if delivery.url:
            tenant = self._tenant_of(blob_name_of(delivery.job_key) or "")
            return of_address(delivery, self.shared_secret(tenant))
        return self.get(delivery.endpoint_id)

    def shared_secret(self, tenant: str = NOBODY) -> SigningSecret:
        """What signs for addresses that stand beside a tenant's uploads."""
        return self._listed().shared_secret(tenant)

    def forget(self) -> None:
        """The list was changed by us."""
        with self._lock:
            self._known = None

    def _webhooks(self, listed: Listed) -> tuple[Endpoint, ...]:
        others = tuple(each for each in listed.endpoints if each.id != OPERATOR)
        if self._operator_url is None:
            return others
        known = next((each for each in listed.endpoints if each.id == OPERATOR), None)
        return operators(self._operator_url, known, self._clock()), *others

    def _listed(self) -> Listed:
        with self._lock:
            known, age_s = self._known, time.monotonic() - self._read_at_s
        return known if known and age_s < REMEMBERED_S else self._read_again()

    def _read_again(self) -> Listed:
        began_s = time.monotonic()
        listed = self._table.read()
        with self._lock:
            self._known, self._read_at_s = listed, began_s
        return listed
