"""The bytes of one version of a result, as they are sent on."""

from collections.abc import Iterator
from dataclasses import dataclass

from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobClient

from errors import StorageUnavailableError
from errors.deliveries import DeliveryInterruptedError, DeliveryObsoleteError
from integrations.blob_versions import only_if
from integrations.storage import storage_errors


@dataclass(frozen=True, slots=True)
class StoredContent:
    """Read in pieces of a few megabytes: memory stays flat, whatever the size."""

    client: BlobClient
    etag: str
    size_bytes: int

    def pieces(self, begin: int = 0) -> Iterator[bytes]:
        """What follows the first `begin` bytes.

        Raises DeliveryObsoleteError when the version is gone, and DeliveryInterruptedError when
        storage does not answer.
        """
        if begin >= self.size_bytes:
            return
        try:
            with storage_errors():
                stream = self.client.download_blob(
                    offset=begin, length=self.size_bytes - begin, **only_if(self.etag)
                )
                yield from stream.chunks()
        except (ResourceNotFoundError, ResourceModifiedError):
            raise DeliveryObsoleteError from None
        except StorageUnavailableError:
            raise DeliveryInterruptedError from None
