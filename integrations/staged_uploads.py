"""Uploads that come in blocks: nothing is visible, and nothing wakes anybody, before the commit."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import partial

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobBlock, BlobClient, BlobServiceClient

from errors import StorageUnavailableError
from errors.requests import UploadIncompleteError
from integrations.blob_versions import create_container
from integrations.storage import storage_errors, with_creation
from integrations.uploads import UPLOADS
from jobs.upload_link import Block


class StagedUploads:
    """Stages blocks in the container of uploads, tells which are there, and commits them.

    The ids of blocks are base64, as they stand in addresses; the SDK takes and gives them decoded.
    """

    def __init__(self, service: BlobServiceClient) -> None:
        self._container = service.get_container_client(UPLOADS)

    def client(self, blob_name: str) -> BlobClient:
        """The SDK client of an upload, for signing its link."""
        return self._container.get_blob_client(blob_name)

    def stage(self, blob_name: str, index: int, data: bytes) -> None:
        """Stores one block; storage forgets it in a week if it is not committed."""
        with_creation(
            partial(self._stage, blob_name, index, data),
            partial(create_container, self._container),
        )

    def staged(self, blob_name: str) -> list[Block]:
        """The blocks that wait to be committed, in the order of their ids."""
        try:
            with storage_errors():
                _, waiting = self.client(blob_name).get_block_list("uncommitted")
        except ResourceNotFoundError:
            return []
        by_id = sorted((str(each.id), int(each.size)) for each in waiting)
        return [Block(b64encode(text.encode()).decode(), size) for text, size in by_id]

    def commit(self, blob_name: str, block_ids: Sequence[str], metadata: Mapping[str, str]) -> None:
        """Makes the upload of these blocks; one that is there already stays as it is.

        Raises UploadIncompleteError when one of the blocks is not there.
        """
        blocks = [BlobBlock(b64decode(each).decode()) for each in block_ids]
        try:
            with storage_errors():
                self.client(blob_name).commit_block_list(
                    blocks, metadata=dict(metadata), match_condition=MatchConditions.IfMissing
                )
        except (ResourceExistsError, ResourceModifiedError):
            return
        except ResourceNotFoundError:
            raise UploadIncompleteError from None
        except StorageUnavailableError as error:
            code = getattr(error.__cause__, "error_code", "")
            if "InvalidBlock" in str(getattr(code, "value", code)):
                raise UploadIncompleteError from error
            raise

    def _stage(self, blob_name: str, index: int, data: bytes) -> None:
        with storage_errors():
            self.client(blob_name).stage_block(block_text(index), data, length=len(data))


def block_id(index: int) -> str:
    """The id of a block by its number, from 0; ids sort as numbers do."""
    return b64encode(block_text(index).encode()).decode()


def block_text(index: int) -> str:
    """The same, decoded."""
    return f"{index:08}"
