"""Builds the invocation for a blob: what a blob-triggered function is given."""

import json
from typing import Any

from azure.storage.blob import BlobClient, BlobProperties

from devhost.app.blob_path import blob_path
from devhost.app.connection import STORAGE
from devhost.app.metadata import Function
from devhost.datum import Datum
from devhost.dispatch.call import Call
from devhost.triggers.blob_scanner import quoted


def blob_call(
    function: Function, blob: BlobClient, properties: BlobProperties, reason: str
) -> Call:
    """The invocation of `function`, which gets a client for `blob` and none of its bytes."""
    path = f"{blob.container_name}/{blob.blob_name}"
    tokens = blob_path(function.trigger.text("path")).match(blob.container_name, blob.blob_name)
    metadata = {
        "BlobTrigger": Datum("string", path),
        "Uri": Datum.of_json(str(blob.url)),
        "Properties": Datum.of_json(_properties(properties)),
        "Metadata": Datum.of_json(dict(properties.metadata or {})),
        **{name: Datum("string", value) for name, value in (tokens or {}).items()},
    }
    reference = {
        "Connection": function.trigger.connection or STORAGE,
        "ContainerName": blob.container_name,
        "BlobName": blob.blob_name,
    }
    content = Datum("model_binding_data", json.dumps(reference))
    return Call(function, reason, content, metadata)


def _properties(properties: BlobProperties) -> dict[str, Any]:
    return {
        "ContentLength": properties.size,
        "ContentType": properties.content_settings.content_type,
        "ETag": quoted(properties.etag),
        "LastModified": properties.last_modified.isoformat(),
        "CreatedOn": properties.creation_time.isoformat() if properties.creation_time else None,
        "BlobType": "Block",
    }
