"""Remembers in storage which version of a blob has been handed to which function."""

import contextlib
from collections.abc import Callable

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobClient, ContainerClient

HOSTS_CONTAINER = "azure-webjobs-hosts"
# Present until the blob's message is on the internal queue.
INCOMPLETE = "Incomplete"
LEASE_S = 30


class Receipts:
    """The receipts of one host, in the layout of the genuine one."""

    def __init__(self, hosts: ContainerClient, host_id: str) -> None:
        self._hosts = hosts
        self._host_id = host_id

    def hand_over(
        self, function: str, blob_path: str, etag: str, enqueue: Callable[[], None]
    ) -> bool:
        """Calls `enqueue` unless this version was handed over before.

        `blob_path` is container/name. False when another host is at it; ask again later.
        """
        receipt = self._hosts.get_blob_client(
            f"blobreceipts/{self._host_id}/Host.Functions.{function}/{etag}/{blob_path}"
        )
        if not self._is_open(receipt):
            return True
        try:
            lease = receipt.acquire_lease(LEASE_S)
        except HttpResponseError:
            return False
        try:
            # Completed by another between our look and our lease?
            if INCOMPLETE in receipt.get_blob_properties(lease=lease).metadata:
                enqueue()
                receipt.set_blob_metadata({}, lease=lease)
        finally:
            lease.release()
        return True

    @staticmethod
    def _is_open(receipt: BlobClient) -> bool:
        try:
            return INCOMPLETE in receipt.get_blob_properties().metadata
        except ResourceNotFoundError:
            pass
        with contextlib.suppress(ResourceExistsError):
            receipt.upload_blob(b"", metadata={INCOMPLETE: "true"})
        return True
