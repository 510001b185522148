"""Links: to one blob, for one purpose and a limited time; minted when asked, never stored."""

from datetime import datetime, timedelta

from azure.storage.blob import (
    BlobClient,
    BlobSasPermissions,
    BlobServiceClient,
    UserDelegationKey,
    generate_blob_sas,
)

from integrations.storage import storage_errors

# Storage and we may disagree about the time by this much.
CLOCK_SKEW = timedelta(minutes=5)
DELEGATION_KEY_LIFETIME = timedelta(days=1)


class Links:
    """Signs with the account key, or, under a managed identity, with a user delegation key."""

    def __init__(self, service: BlobServiceClient, account_name: str) -> None:
        self._service = service
        self._account_name = account_name
        self._delegation_key: UserDelegationKey | None = None
        self._delegation_key_ends: datetime | None = None

    def read_link(self, client: BlobClient, expires_at: datetime, now: datetime) -> str:
        """A link to this one blob, on the client's own endpoint, valid until `expires_at`."""
        return self._link(client, BlobSasPermissions(read=True), expires_at, now)

    def create_link(self, client: BlobClient, expires_at: datetime, now: datetime) -> str:
        """A link that makes this one blob, in one request, if there is none; and nothing else."""
        return self._link(client, BlobSasPermissions(create=True), expires_at, now)

    def write_link(self, client: BlobClient, expires_at: datetime, now: datetime) -> str:
        """A link that writes this one blob, in blocks or anew, and reads nothing."""
        return self._link(client, BlobSasPermissions(write=True), expires_at, now)

    def _link(
        self, client: BlobClient, may: BlobSasPermissions, expires_at: datetime, now: datetime
    ) -> str:
        account_key = getattr(self._service.credential, "account_key", None)
        secret = (
            {"account_key": account_key}
            if account_key
            else {"user_delegation_key": self._key_until(expires_at, now)}
        )
        token = generate_blob_sas(
            account_name=self._account_name,
            container_name=client.container_name,
            blob_name=client.blob_name,
            permission=may,
            start=now - CLOCK_SKEW,
            expiry=expires_at,
            protocol="https" if client.url.startswith("https:") else None,
            **secret,
        )
        return f"{client.url}?{token}"

    def _key_until(self, expires_at: datetime, now: datetime) -> UserDelegationKey:
        """Cached: asking for a key is a call to the service, signing with it is not."""
        if (
            self._delegation_key is None
            or self._delegation_key_ends is None
            or self._delegation_key_ends < expires_at
        ):
            ends = max(expires_at, now + DELEGATION_KEY_LIFETIME)
            with storage_errors():
                self._delegation_key = self._service.get_user_delegation_key(
                    key_start_time=now - CLOCK_SKEW, key_expiry_time=ends
                )
            self._delegation_key_ends = ends
        return self._delegation_key
