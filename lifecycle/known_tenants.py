"""The list of tenants as this process knows it, which is at most half a minute old."""

import threading
import time
from collections.abc import Callable, Mapping

from integrations.tenant_table import TenantTable
from jobs.tenant import NOBODY, Tenant, tenant_of

REMEMBERED_S = 30.0


class KnownTenants:
    """Reads the list when it is asked and too old; without managed keys there are none."""

    def __init__(
        self,
        table: TenantTable,
        *,
        is_on: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._is_on = is_on
        self._clock = clock
        self._lock = threading.Lock()
        self._known: Mapping[str, Tenant] | None = None
        self._read_at_s = 0.0

    def all(self) -> Mapping[str, Tenant]:
        """Every tenant by its name."""
        if not self._is_on:
            return {}
        with self._lock:
            known, age_s = self._known, self._clock() - self._read_at_s
        if known is not None and age_s < REMEMBERED_S:
            return known
        began_s = self._clock()
        read = self._table.read()
        with self._lock:
            self._known, self._read_at_s = read, began_s
        return read

    def of(self, blob_name: str) -> str:
        """Whose blob it is; costs a call at most twice a minute."""
        return tenant_of(blob_name, self.all()) if "/" in blob_name else NOBODY

    def forget(self) -> None:
        """The list was changed by us."""
        with self._lock:
            self._known = None
