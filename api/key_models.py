"""What is said about keys, in both directions."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.timestamp import Timestamp
from jobs.caller import Scope
from jobs.managed_key import LONGEST_OVERLAP, MOST_NETWORKS, ManagedKey
from jobs.request_rate import Rate
from lifecycle.keys import KeyChange, WantedKey

LONGEST_NAME = 100
LONGEST_REASON = 200
MOST_A_MINUTE = 1_000_000
SCOPES = "What it may be used for; admin: everything."
NETWORKS = "From which it may be used, such as 203.0.113.0/24 or 2001:db8::/32; none: everywhere."
EXPIRES = "From then on it opens nothing; null: never."


class KeyLimits(BaseModel):
    """How often a key may be used, in each process."""

    model_config = ConfigDict(extra="forbid")

    rate_per_minute: int = Field(ge=1, le=MOST_A_MINUTE, description="Requests a minute.")
    burst: int = Field(ge=1, le=MOST_A_MINUTE, description="Requests at once.")

    def rate(self) -> Rate:
        """The same, for the key."""
        return Rate(self.rate_per_minute, self.burst)


class NewKey(BaseModel):
    """What the key is to be."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "shop", "tenant": "acme", "scopes": ["ingest", "read"]}]
        },
    )

    name: str = Field(min_length=1, max_length=LONGEST_NAME, description="For people.")
    tenant: str | None = Field(None, description="Whose; by default the caller's own.")
    scopes: list[Scope] = Field(min_length=1, description=SCOPES)
    networks: list[str] = Field([], max_length=MOST_NETWORKS, description=NETWORKS)
    limits: KeyLimits | None = Field(None, description="Null: those of the settings.")
    expires_at: AwareDatetime | None = Field(None, description=EXPIRES)

    def wanted(self, own_tenant: str) -> WantedKey:
        """The same, for the verb."""
        return WantedKey(
            name=self.name,
            tenant=own_tenant if self.tenant is None else self.tenant,
            scopes=self.scopes,
            networks=self.networks,
            rate=self.limits.rate() if self.limits else None,
            expires_at=self.expires_at,
        )


class KeyChanges(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=LONGEST_NAME, description="For people.")
    scopes: list[Scope] | None = Field(None, min_length=1, description=SCOPES)
    networks: list[str] | None = Field(None, max_length=MOST_NETWORKS, description=NETWORKS)
    limits: KeyLimits | None = Field(None, description="How often it may be used.")
    expires_at: AwareDatetime | None = Field(None, description="From then on it opens nothing.")

    def change(self) -> KeyChange:
        """The same, for the verb."""
        return KeyChange(
            self.name,
            self.scopes,
            self.networks,
            self.limits.rate() if self.limits else None,
            self.expires_at,
        )


class SecretRotation(BaseModel):
    """How long the old secret stays valid."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: int = Field(
        24,
        ge=0,
        le=LONGEST_OVERLAP.total_seconds() // 3600,
        description="How long the old secret is valid beside the new one.",
    )


class Revocation(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=LONGEST_REASON, description="For the audit.")


class KeyView(BaseModel):
    """One key; its secret is nowhere."""

    id: str = Field(description="Of the key; it is no secret.")
    tail: str = Field(description="The last letters of the key, to know it again.")
    name: str = Field(description="For people.")
    tenant: str | None = Field(description="Whose; null: the operator's.")
    scopes: list[Scope] = Field(description=SCOPES)
    networks: list[str] = Field(description=NETWORKS)
    limits: KeyLimits | None = Field(description="Null: those of the settings.")
    created_at: Timestamp = Field(description="When it was made.")
    expires_at: Timestamp | None = Field(description=EXPIRES)
    revoked_at: Timestamp | None = Field(description="When it was ended.")
    previous_until: Timestamp | None = Field(
        description="Until when the secret before the latest rotation is valid."
    )
    last_used_at: Timestamp | None = Field(
        description="Exact to a minute; asked of one key only, else null."
    )
    last_used_from: str | None = Field(description="The network of that use.")


class CreatedKeyView(KeyView):
    """One key with its secret, shown this once."""

    key: str = Field(description="The key itself, for X-API-Key.")


class KeyPage(BaseModel):
    """In the order of their ids."""

    keys: list[KeyView] = Field(description="At most a hundred.")
    continuation: str | None = Field(description="For the next page; null: this is the last one.")


class CallerView(BaseModel):
    """What the key of this request may do."""

    id: str | None = Field(description="Of the key; null: it stands in the settings.")
    tenant: str | None = Field(description="Whose; null: the operator's.")
    scopes: list[Scope] = Field(description="What it may be used for.")
    expires_at: Timestamp | None = Field(description="From then on it opens nothing; null: never.")


def key_view(key: ManagedKey, last_use: tuple[datetime, str] | None = None) -> KeyView:
    """How a key stands in answers."""
    rate = key.rate
    return KeyView(
        id=key.id,
        tail=key.tail,
        name=key.name,
        tenant=key.tenant or None,
        scopes=sorted(key.scopes),
        networks=list(key.networks),
        limits=KeyLimits(rate_per_minute=rate.per_minute, burst=rate.burst) if rate else None,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        previous_until=key.previous_until,
        last_used_at=last_use[0] if last_use else None,
        last_used_from=last_use[1] if last_use else None,
    )
