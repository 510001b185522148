"""Tenants: who owns which folder of names."""

from itertools import islice

from errors.requests import (
    ForbiddenTenantError,
    InvalidRequestError,
    NameTakenError,
    TenantInUseError,
    UnknownTenantError,
)
from jobs.audit import AuditAction
from jobs.caller import Caller
from jobs.tenant import NOBODY, Tenant, can_be_tenant
from lifecycle.audit import AuditEvent, record
from lifecycle.services import Services

MOST_COUNTED = 1000


def create_tenant(
    services: Services, caller: Caller, name: str, title: str, *, adopt: bool = False
) -> Tenant:
    """A tenant, who owns the blobs whose names begin with `name/`.

    Raises ForbiddenTenantError for who is not the operator, InvalidRequestError for a name that
    none can have, and NameTakenError where there is one, or where such blobs or jobs are there
    already, unless the tenant is to `adopt` them.
    """
    _refuse_tenants(caller)
    if not can_be_tenant(name):
        raise InvalidRequestError(
            "name: 2 to 31 small letters, digits and hyphens; the first is no hyphen."
        )
    if not adopt and (count := _count_of_names(services, name)):
        least = f"{count} or more" if count >= MOST_COUNTED else str(count)
        raise NameTakenError(
            f"{least} uploads and jobs have names that begin with {name}/; adopt gives them to it."
        )
    tenant = Tenant(name, title, services.clock())
    services.keys.tenant_table.insert(tenant)
    services.keys.tenants.forget()
    record(services, caller, NOBODY, AuditEvent(AuditAction.TENANT_CREATED, name, title))
    return tenant


def all_tenants(services: Services, caller: Caller) -> list[Tenant]:
    """Every tenant, by name."""
    _refuse_tenants(caller)
    services.keys.tenants.forget()
    return sorted(services.keys.tenants.all().values(), key=lambda each: each.name)


def tenant_called(services: Services, caller: Caller, name: str) -> Tenant:
    """One tenant; raises UnknownTenantError."""
    for each in all_tenants(services, caller):
        if each.name == name:
            return each
    raise UnknownTenantError


def delete_tenant(services: Services, caller: Caller, name: str) -> None:
    """Ends a tenant. Raises TenantInUseError while it has a key that is valid, uploads or jobs."""
    tenant_called(services, caller, name)
    keys = [services.keys.table.get(each) for each in services.keys.table.ids_of(name)]
    now = services.clock()
    if any(key and key.is_valid(now) for key in keys) or _count_of_names(services, name):
        raise TenantInUseError
    services.keys.tenant_table.delete(name)
    services.keys.tenants.forget()
    record(services, caller, NOBODY, AuditEvent(AuditAction.TENANT_DELETED, name))


def _refuse_tenants(caller: Caller) -> None:
    if not caller.is_operator:
        raise ForbiddenTenantError


def _count_of_names(services: Services, name: str) -> int:
    """How many uploads and jobs a tenant of this name would own; at most MOST_COUNTED."""
    begin = f"{name}/"
    uploads = {each.blob_name for each in islice(services.uploads.starting(begin), MOST_COUNTED)}
    jobs = set(islice(services.jobs.names_starting(begin), MOST_COUNTED))
    return min(len(uploads | jobs), MOST_COUNTED)
