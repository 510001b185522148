"""Results in storage, as transfers find them."""

from dataclasses import dataclass, replace
from uuid import uuid4

from azure.storage.blob import BlobServiceClient

from integrations.blob_versions import bare
from integrations.destinations.destination import DeliveryAttempt, Parcel
from integrations.stored_content import StoredContent
from jobs.endpoint import Endpoint

from .conformance import an_attempt


@dataclass
class Shelf:
    """A container of results."""

    service: BlobServiceClient
    container: str

    def put(self, content: bytes, name: str = "") -> StoredContent:
        """Stores a result."""
        client = self.service.get_blob_client(self.container, name or uuid4().hex)
        answer = client.upload_blob(content, overwrite=True)
        return StoredContent(client, bare(answer["etag"]), len(content))

    def attempt(
        self, endpoint: Endpoint, content: bytes, extension: str = "mp4"
    ) -> DeliveryAttempt:
        """The first attempt to bring a file, which is called as its delivery."""
        attempt = an_attempt(endpoint)
        name = attempt.delivery.id
        parcel = Parcel(self.put(content), f"{name}.{extension}", name, "org-1")
        return replace(attempt, parcel=parcel)


def again(attempt: DeliveryAttempt, *, has_arrived: bool = False) -> DeliveryAttempt:
    """The next attempt at the same delivery."""
    before = attempt.delivery
    delivery = replace(before, attempts=before.attempts + 1, has_arrived=has_arrived)
    return replace(attempt, delivery=delivery)
