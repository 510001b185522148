"""Builds the invocation for a blob: what a blob-triggered function is given."""

import asyncio
from typing import Any

from azure.storage.blob import BlobClient, BlobProperties

from devhost.blob_content import content_datum
from devhost.blob_path import blob_path
from devhost.blob_scanner import quoted
from devhost.call import Call
from devhost.datum import Datum
from devhost.metadata import Function


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


def _properties(properties: BlobProperties) -> dict[str, Any]:
    return {
        "ContentLength": properties.size,
        "ContentType": properties.content_settings.content_type,
        "ETag": quoted(properties.etag),
        "LastModified": properties.last_modified.isoformat(),
        "CreatedOn": properties.creation_time.isoformat() if properties.creation_time else None,
        "BlobType": "Block",
    }
