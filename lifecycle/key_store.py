"""What there is of managed keys: their rows, what this process knows of them, and the audit."""

from dataclasses import dataclass, field
from typing import Self

from integrations.audit_table import AuditTable
from integrations.key_digests import KeyDigests
from integrations.key_table import KeyTable
from integrations.tenant_table import TenantTable
from lifecycle.background_writes import BackgroundWrites
from lifecycle.buckets import Buckets
from lifecycle.known_keys import KnownKeys
from lifecycle.known_tenants import KnownTenants
from settings import Settings


@dataclass(frozen=True, slots=True)
class KeyStore:
    """Built once per worker process; every part is safe to use from several threads."""

    digests: KeyDigests
    table: KeyTable
    known: KnownKeys
    tenant_table: TenantTable
    tenants: KnownTenants
    audit: AuditTable
    buckets: Buckets = field(default_factory=Buckets)
    background: BackgroundWrites = field(default_factory=BackgroundWrites)

    @classmethod
    def of(
        cls, settings: Settings, table: KeyTable, tenants: TenantTable, audit: AuditTable
    ) -> Self:
        """By the settings. Makes no call."""
        return cls(
            digests=KeyDigests.of_settings(settings),
            table=table,
            known=KnownKeys(table, settings.key_cache_s),
            tenant_table=tenants,
            tenants=KnownTenants(tenants, is_on=settings.managed_keys),
            audit=audit,
        )
