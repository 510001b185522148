"""What was done with keys and tenants: written by who does it, and shown by pages."""

from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from errors.requests import ForbiddenTenantError
from jobs.audit import AuditAction, AuditEntry
from jobs.caller import Caller
from lifecycle.services import Services

PAGE = 100
MONTH = timedelta(days=31)  # that is looked back where nobody says how long


class AuditEvent(NamedTuple):
    """What somebody did."""

    action: AuditAction
    subject: str  # the id of the key, or the name of the tenant
    detail: str = ""


def record(services: Services, caller: Caller, tenant: str, event: AuditEvent) -> None:
    """Adds an entry to the audit of that tenant."""
    now = services.clock()
    entry = AuditEntry(now, event.action, event.subject, caller.id, tenant, detail=event.detail)
    services.keys.audit.add(entry)


def audit_of(
    services: Services,
    caller: Caller,
    tenant: str | None,
    since: datetime | None,
    continuation: str | None,
) -> tuple[list[AuditEntry], str | None]:
    """A page of a tenant's audit, the newest first, and the continuation to the next one.

    Raises ForbiddenTenantError for another tenant's, and BadContinuationError.
    """
    whose = caller.tenant if tenant is None else tenant
    if whose != caller.tenant and not caller.is_operator:
        raise ForbiddenTenantError
    now = services.clock()
    begin = max(since or now - MONTH, now - MONTH * services.settings.audit_months)
    of, after = ("audit", whose, since.isoformat() if since else ""), ""
    if continuation:
        (after,) = services.continuations.read(of, continuation)
    found = list(islice(services.keys.audit.entries(whose, now, begin, after), PAGE + 1))
    page = found[:PAGE]
    following = services.continuations.made(of, [page[-1][0]]) if len(found) > PAGE else None
    return [entry for _, entry in page], following
