"""Builds the invocation for a blob: what a blob-triggered function is given."""

import asyncio
import json
from typing import Any

from azure.storage.blob import BlobClient, BlobProperties

from devhost.blob_path import blob_path
from devhost.blob_scanner import quoted
from devhost.connection import STORAGE
from devhost.datum import Datum
from devhost.invocation import Call
from devhost.metadata import Binding, Function


async def blob_call(
    function: Function, blob: BlobClient, properties: BlobProperties, reason: str
) -> Call:
    """The invocation of `function` for `blob`; raises AzureError when it cannot be read."""
    path = f"{blob.container_name}/{blob.blob_name}"
    tokens = blob_path(function.trigger.text("path")).match(blob.container_name, blob.blob_name)
    metadata = {
        "BlobTrigger": Datum("string", path),
        "Uri": Datum.of_json(str(blob.url)),
        "Properties": Datum.of_json(_properties(properties)),
        "Metadata": Datum.of_json(dict(properties.metadata or {})),
        **{name: Datum("string", value) for name, value in (tokens or {}).items()},
    }
    content = await asyncio.to_thread(content_datum, function.trigger, blob)
    return Call(function, reason, {function.trigger.name: content}, metadata)


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


def _properties(properties: BlobProperties) -> dict[str, Any]:
    return {
        "ContentLength": properties.size,
        "ContentType": properties.content_settings.content_type,
        "ETag": quoted(properties.etag),
        "LastModified": properties.last_modified.isoformat(),
        "CreatedOn": properties.creation_time.isoformat() if properties.creation_time else None,
        "BlobType": "Block",
    }
