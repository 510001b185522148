"""Tenants: each owns the blobs whose names begin with its own name and a slash."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

NOBODY = ""  # the owner of whatever lies in no tenant's folder: the operator
NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,30}")


@dataclass(frozen=True, slots=True)
class Tenant:
    """One row."""

    name: str
    title: str  # for people
    created_at: datetime


def can_be_tenant(name: str) -> bool:
    """Whether a tenant may be called so: 2 to 31 small letters, digits and hyphens."""
    return NAME.fullmatch(name) is not None


def owns(tenant: str, blob_name: str) -> bool:
    """Whether the blob lies in the tenant's folder; nobody's folder is everything."""
    return tenant == NOBODY or blob_name.startswith(f"{tenant}/")


def tenant_of(blob_name: str, tenants: Collection[str]) -> str:
    """Whose blob it is, by its first folder."""
    first, slash, _ = blob_name.partition("/")
    return first if slash and first in tenants else NOBODY


def partition_of(tenant: str) -> str:
    """Of tables that are kept by tenant: the partition of what belongs to this one."""
    return f"t={tenant}"
