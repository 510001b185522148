"""/api/tenants and /api/audit: who owns which names, and what was done with keys."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.json_body import body_of, described
from api.key import caller_who_may
from api.problem import problems
from api.timestamp import Timestamp
from jobs.audit import AuditEntry
from jobs.caller import Caller, Scope
from jobs.tenant import Tenant
from lifecycle import tenants
from lifecycle.audit import audit_of
from lifecycle.services import Services

LONGEST_TITLE = 200
REFUSALS = {
    401: "No valid key was given.",
    403: "The key is not meant for that, or belongs to a tenant.",
    429: "The key asks too often.",
    503: "Storage did not answer.",
}
ABOUT_ONE = REFUSALS | {404: "There is no tenant of this name."}
TenantName = Annotated[str, Path(description="Of the tenant.")]


class NewTenant(BaseModel):
    """Who is to own the names that begin with `name/`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "acme", "title": "Acme Ltd."}]}
    )

    name: str = Field(description="2 to 31 small letters, digits and hyphens.")
    title: str = Field("", max_length=LONGEST_TITLE, description="For people.")
    adopt: bool = Field(
        default=False, description="Whether uploads and jobs of such names become the tenant's."
    )


class TenantView(BaseModel):
    """One tenant."""

    name: str = Field(description="Its blobs' names begin with this and a slash.")
    title: str = Field(description="For people.")
    created_at: Timestamp = Field(description="When it was made.")


class AuditEntryView(BaseModel):
    """One thing that was done or refused."""

    at: Timestamp = Field(description="When.")
    action: str = Field(description="What, such as key.created or key.refused.")
    subject: str = Field(description="The id of the key, or the name of the tenant.")
    actor: str | None = Field(description="The id of the key that did it; null: of the settings.")
    address: str | None = Field(description="Of the client, where a key was refused.")
    detail: str = Field(description="For people.")


class AuditPage(BaseModel):
    """The newest first."""

    entries: list[AuditEntryView] = Field(description="At most a hundred.")
    continuation: str | None = Field(description="For the next page; null: this is the last one.")


def tenants_router(services: Services) -> APIRouter:
    """The routes, guarded by keys that may do everything."""
    router = APIRouter(tags=["keys"])
    manages = Depends(caller_who_may(services, Scope.ADMIN))
    _add_tenants(router, services, manages)
    _add_one(router, services, manages)
    _add_audit(router, services, manages)
    return router


def _add_tenants(router: APIRouter, services: Services, manages: object) -> None:
    @router.post(
        "/api/tenants",
        status_code=201,
        openapi_extra=described(NewTenant),
        responses=problems(
            REFUSALS
            | {
                409: "There is one of this name, or such names are in use already.",
                422: "The body is not as described.",
            }
        ),
    )
    def create_tenant(
        caller: Annotated[Caller, manages],
        asked: Annotated[NewTenant, Depends(body_of(NewTenant))],
    ) -> TenantView:
        """Makes a tenant; keys are made for it next."""
        made = tenants.create_tenant(services, caller, asked.name, asked.title, adopt=asked.adopt)
        return _view(made)

    @router.get("/api/tenants", responses=problems(REFUSALS))
    def list_tenants(response: Response, caller: Annotated[Caller, manages]) -> list[TenantView]:
        """All, by name."""
        response.headers["Cache-Control"] = "no-store"
        return [_view(each) for each in tenants.all_tenants(services, caller)]


def _add_one(router: APIRouter, services: Services, manages: object) -> None:
    @router.get("/api/tenants/{name}", responses=problems(ABOUT_ONE))
    def one_tenant(
        response: Response, caller: Annotated[Caller, manages], name: TenantName
    ) -> TenantView:
        """One tenant."""
        response.headers["Cache-Control"] = "no-store"
        return _view(tenants.tenant_called(services, caller, name))

    @router.delete(
        "/api/tenants/{name}",
        status_code=204,
        responses=problems(ABOUT_ONE | {409: "It has keys that are valid, uploads or jobs."}),
    )
    def delete_tenant(caller: Annotated[Caller, manages], name: TenantName) -> None:
        """Ends a tenant that has nothing left."""
        tenants.delete_tenant(services, caller, name)


def _add_audit(router: APIRouter, services: Services, manages: object) -> None:
    @router.get(
        "/api/audit", responses=problems(REFUSALS | {400: "The continuation is not of this list."})
    )
    def audit(
        response: Response,
        caller: Annotated[Caller, manages],
        tenant: Annotated[
            str | None, Query(description="Whose; by default the caller's own.")
        ] = None,
        since: Annotated[
            AwareDatetime | None, Query(description="From when on; by default a month ago.")
        ] = None,
        continuation: Annotated[str | None, Query(description="Of the page before.")] = None,
    ) -> AuditPage:
        """What was done with keys and tenants, and which true keys were refused."""
        response.headers["Cache-Control"] = "no-store"
        page, following = audit_of(services, caller, tenant, since, continuation)
        return AuditPage(entries=[_entry_view(each) for each in page], continuation=following)


def _entry_view(entry: AuditEntry) -> AuditEntryView:
    return AuditEntryView(
        at=entry.at,
        action=entry.action,
        subject=entry.subject,
        actor=entry.actor or None,
        address=entry.address or None,
        detail=entry.detail,
    )


def _view(tenant: Tenant) -> TenantView:
    return TenantView(name=tenant.name, title=tenant.title, created_at=tenant.created_at)
