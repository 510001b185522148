"""Who holds a presented key: one of the settings, or one that the service made."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from errors.requests import ForbiddenNetworkError, TooManyRequestsError, UnauthorizedError
from integrations.auth import holder_of
from jobs.audit import AuditAction, AuditEntry
from jobs.caller import OPERATOR, SERVICE, Caller, Scope
from jobs.managed_key import ManagedKey, id_of_key, network_of_address
from jobs.request_rate import Rate, Verdict
from lifecycle.services import Services
from worker.log import log

# Of one address; more are answered without a look into storage.
REFUSED_RATE = Rate(per_minute=20, burst=20)
OVERLOADED = "This key asks too often."
GUESSING = "Too many keys from this address were not valid."
CANNOT_BE_KNOWN = "key %s was made with another SECRETS_KEY: it opens nothing until that is back"


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request shows of its sender."""

    keys: Sequence[str]
    address: str  # of the client, as the trusted proxy tells it


@dataclass(frozen=True, slots=True)
class Admission:
    """Who asks, and what is left of the key's rate; None where it has none."""

    caller: Caller
    rate: Rate | None = None
    verdict: Verdict | None = None


class Access:
    """Answers for every request."""

    def __init__(self, services: Services) -> None:
        self._services, self._keys = services, services.keys
        # For ids that nobody has; as long as any other, as what is shorter is compared sooner.
        self._dummy_digest = services.keys.digests.of("")
        settings = services.settings
        self._known = [(settings.api_key.get_secret_value(), OPERATOR)]
        if settings.api_key_previous:
            self._known.append((settings.api_key_previous.get_secret_value(), OPERATOR))
        if settings.internal_service_key:
            self._known.append((settings.internal_service_key.get_secret_value(), SERVICE))

    def admit(self, presented: Presented, scope: Scope | None) -> Admission:
        """Who asks; the first key that is valid counts, those of the settings before all.

        Raises UnauthorizedError without a valid key, ForbiddenNetworkError for one that may not be
        used from that address, TooManyRequestsError for one that is used too often, or for an
        address that guesses, and ForbiddenScopeError when the key is not meant for that.
        """
        caller = holder_of(presented.keys, self._known)
        if caller is not None:
            _check(caller, scope)
            return Admission(caller)
        if not self._services.settings.managed_keys:
            raise UnauthorizedError
        key = self._managed(presented)
        self._refuse_foreign_network(key, presented.address)
        rate, verdict = self._counted(key)
        caller = Caller(key.scopes, key.tenant, key.id)
        _check(caller, scope)
        self._note_use(key, presented.address)
        return Admission(caller, rate, verdict)

    def _managed(self, presented: Presented) -> ManagedKey:
        """The first presented key that is valid."""
        buckets, bucket = self._keys.buckets, f"address {presented.address}"
        is_guessing = not buckets.ask(bucket, REFUSED_RATE, is_counted=False).is_allowed
        for text in presented.keys:
            key_id = id_of_key(text)
            if key_id is None:
                continue
            key = self._keys.known.find(key_id, from_storage=not is_guessing)
            if self._is_it(text, key, presented.address) and key:
                return key
        if not presented.keys:
            raise UnauthorizedError  # who shows none does not guess
        verdict = buckets.ask(bucket, REFUSED_RATE)
        if not verdict.is_allowed:
            raise TooManyRequestsError(GUESSING, retry_after_s=_whole(verdict.wait_s))
        raise UnauthorizedError

    def _is_it(self, text: str, key: ManagedKey | None, address: str) -> bool:
        """Compares as long for an id that nobody has as for a wrong secret."""
        digests, now = self._keys.digests, self._services.clock()
        newer, older = key.digests(now) if key else (self._dummy_digest, self._dummy_digest)
        is_true = digests.is_of(text, newer) | digests.is_of(text, older)
        is_valid = key is not None and key.is_valid(now)
        if key and digests.is_of_another_secret(key.digest):
            self._keys.background.once(
                f"secret {key.id}", lambda: log.warning(CANNOT_BE_KNOWN, key.id)
            )
        if key and is_true and not is_valid:
            self._audit(key, address, "revoked" if key.revoked_at else "expired")
        return is_true & is_valid

    def _refuse_foreign_network(self, key: ManagedKey, address: str) -> None:
        if not key.may_come_from(address):
            self._audit(key, address, "not from this network")
            raise ForbiddenNetworkError

    def _counted(self, key: ManagedKey) -> tuple[Rate, Verdict]:
        settings = self._services.settings
        rate = key.rate or Rate(settings.key_rate_per_minute, settings.key_burst)
        verdict = self._keys.buckets.ask(f"key {key.id}", rate)
        if not verdict.is_allowed:
            raise TooManyRequestsError(OVERLOADED, retry_after_s=_whole(verdict.wait_s))
        return rate, verdict

    def _note_use(self, key: ManagedKey, address: str) -> None:
        now, network = self._services.clock(), network_of_address(address)
        table = self._keys.table
        self._keys.background.once(f"use {key.id}", lambda: table.note_use(key.id, now, network))

    def _audit(self, key: ManagedKey, address: str, why: str) -> None:
        """Of a key that is refused again and again."""
        now = self._services.clock()
        entry = AuditEntry(now, AuditAction.KEY_REFUSED, key.id, key.id, key.tenant, address, why)
        self._keys.background.once(f"refused {key.id} {why}", lambda: self._keys.audit.add(entry))


def _check(caller: Caller, scope: Scope | None) -> None:
    if scope is not None:
        caller.check(scope)


def _whole(wait_s: float) -> int:
    return max(1, ceil(wait_s))
