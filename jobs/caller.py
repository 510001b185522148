"""Who asks, what they may, and which blob they mean."""

from dataclasses import dataclass
from enum import StrEnum

from errors.requests import ForbiddenScopeError, InvalidNameError
from jobs.naming import as_stored, can_be_stored
from jobs.tenant import NOBODY, owns


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "read"  # ask where jobs stand, and fetch their results
    INGEST = "ingest"  # send files, and ask for links to upload them
    CONFIRM = "confirm"  # say that a result has arrived
    JOBS = "jobs"  # cancel, requeue, extend and delete jobs
    BATCHES = "batches"  # send many files as one
    WEBHOOKS = "webhooks"  # say who is told of the ends of jobs
    STATISTICS = "statistics"  # count what was done
    ADMIN = "admin"  # everything, keys included


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever presented a key that is valid."""

    scopes: frozenset[Scope]
    tenant: str = NOBODY  # whose blobs the caller may name; nobody's: all blobs
    id: str = ""  # of the key, where it is a managed one

    @property
    def is_operator(self) -> bool:
        """Whether the caller runs the service: no tenant, and every right."""
        return self.tenant == NOBODY and Scope.ADMIN in self.scopes

    def may(self, scope: Scope) -> bool:
        """Whether the key is meant for that."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def check(self, scope: Scope) -> None:
        """Raises ForbiddenScopeError when the key is not meant for that."""
        if not self.may(scope):
            raise ForbiddenScopeError(f"This key has not the scope {scope}.")

    def owns(self, blob_name: str) -> bool:
        """Whether the caller may know of that blob."""
        return owns(self.tenant, blob_name)

    def blob_name(self, given: str) -> str:
        """The blob that is called so; nothing else turns a client's word into a blob name.

        Raises InvalidNameError when no blob can have that name.
        """
        name = as_stored(given)
        if not can_be_stored(name):
            raise InvalidNameError
        return name

    def new_blob_name(self, rest: str) -> str:
        """The name of a blob that is made for the caller, among the caller's own.

        Raises InvalidNameError when no blob can have that name.
        """
        return self.blob_name(f"{self.tenant}/{rest}" if self.tenant else rest)


OPERATOR = Caller(ALL_SCOPES)  # who holds API_KEY
SERVICE = Caller(  # who holds INTERNAL_SERVICE_KEY
    frozenset({Scope.READ, Scope.INGEST, Scope.CONFIRM})
)
