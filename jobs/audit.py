"""What the audit says: who did what with keys and tenants, and which valid key was refused."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AuditAction(StrEnum):
    """What happened; a later version may know more."""

    KEY_CREATED = "key.created"
    KEY_CHANGED = "key.changed"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    KEY_REFUSED = "key.refused"  # a true key, at the wrong time or from the wrong place
    TENANT_CREATED = "tenant.created"
    TENANT_DELETED = "tenant.deleted"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row; no secret stands in it."""

    at: datetime
    action: str
    subject: str  # the id of the key, or the name of the tenant
    actor: str  # the id of the key that did it; "": API_KEY
    tenant: str  # in whose audit it stands
    address: str = ""  # of the client
    detail: str = ""  # for people
