"""The bytes of one version of a result, as they are sent on."""

from collections.abc import Iterator
from dataclasses import dataclass

from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobClient

from errors import StorageUnavailableError
from errors.deliveries import DeliveryInterruptedError, DeliveryObsoleteError
from integrations.blob_versions import only_if
from integrations.storage import storage_errors

# The SDK takes twice as much while it reads, and three files may be on their way at once.
SENT_PIECE_BYTES = 2 * 1024 * 1024


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
        try:
            with storage_errors():
                for at in range(begin, self.size_bytes, SENT_PIECE_BYTES):
                    yield self._read(at, min(SENT_PIECE_BYTES, self.size_bytes - at))
        except (ResourceNotFoundError, ResourceModifiedError):
            raise DeliveryObsoleteError from None
        except StorageUnavailableError:
            raise DeliveryInterruptedError from None

    def _read(self, begin: int, size_bytes: int) -> bytes:
        """A call of its own: the SDK's own pieces keep the first of them until the last is read.

        A piece that is too short would move all that follows it.
        """
        stream = self.client.download_blob(offset=begin, length=size_bytes, **only_if(self.etag))
        piece = bytes(stream.readall())
        if len(piece) != size_bytes:
            raise StorageUnavailableError
        return piece
