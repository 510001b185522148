"""Fetches what a blob binding's parameter receives."""

import json

from azure.storage.blob import BlobClient

from devhost.connection import STORAGE
from devhost.datum import Datum
from devhost.metadata import Binding


def content_datum(binding: Binding, blob: BlobClient) -> Datum:
    """What the binding's parameter receives: a reference for an SDK type, else the whole blob.

    Without dataType BINARY the host makes text of the content, which spoils whatever is not UTF-8.
    """
    if binding.is_deferred:
        reference = {
            "Connection": binding.connection or STORAGE,
            "ContainerName": blob.container_name,
            "BlobName": blob.blob_name,
        }
        return Datum("model_binding_data", json.dumps(reference))
    content = blob.download_blob().readall()
    if binding.is_binary:
        return Datum("bytes", content)
    return Datum("string", content.decode("utf-8", "replace"))
