"""Who asks, what they may, and which blob they mean."""

from dataclasses import dataclass
from enum import StrEnum

from errors.requests import ForbiddenError, InvalidNameError
from jobs.naming import as_stored, can_be_stored


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "read"  # ask where jobs stand, and fetch their results
    INGEST = "ingest"  # send files, and ask for links to upload them
    CONFIRM = "confirm"  # say that a result has arrived
    JOBS = "jobs"  # cancel jobs, have them tried again, keep results for longer, delete them
    ADMIN = "admin"  # everything else


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever presented a key that is valid."""

    scopes: frozenset[Scope]
    tenant: str = ""  # the folder that holds all of the caller's blobs; "": they may lie anywhere

    def check(self, scope: Scope) -> None:
        """Raises ForbiddenError when the key is not meant for that."""
        if scope not in self.scopes:
            raise ForbiddenError

    def blob_name(self, given: str) -> str:
        """The blob that the caller calls so; nothing else turns a client's word into a blob name.

        Raises InvalidNameError when no blob can have that name.
        """
        given = as_stored(given)
        name = f"{self.tenant}/{given}" if self.tenant else given
        if not can_be_stored(name):
            raise InvalidNameError
        return name


OPERATOR = Caller(frozenset(Scope))  # who holds API_KEY
SERVICE = Caller(  # who holds INTERNAL_SERVICE_KEY
    frozenset({Scope.READ, Scope.INGEST, Scope.CONFIRM})
)
