"""Checks function keys for --enable-auth, and keeps them where the host keeps them."""

import contextlib
import hmac
import json
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from devhost.asgi import Request

CONTAINER = "azure-webjobs-secrets"


@dataclass(frozen=True, slots=True)
class Keys:
    """The app's keys, valid for every function."""

    master: str
    function: str

    def allows(self, request: Request, level: str) -> bool:
        """Whether the request carries a key of the level; the header goes before ?code=."""
        if level == "ANONYMOUS":
            return True
        given = request.header("x-functions-key") or parse_qs(request.query).get("code", [""])[0]
        accepted = (self.master,) if level == "ADMIN" else (self.master, self.function)
        return any(hmac.compare_digest(given.encode(), key.encode()) for key in accepted)


def load_keys(blobs: BlobServiceClient, host_id: str) -> Keys:
    """The keys in {hostId}/host.json, made and stored when there are none."""
    with contextlib.suppress(ResourceExistsError):
        blobs.create_container(CONTAINER)
    blob = blobs.get_blob_client(CONTAINER, f"{host_id}/host.json")
    try:
        content = json.loads(blob.download_blob().readall())
    except ResourceNotFoundError:
        content = {"masterKey": _key("master"), "functionKeys": [_key("default")]}
        blob.upload_blob(json.dumps(content))
    return Keys(content["masterKey"]["value"], content["functionKeys"][0]["value"])


def _key(name: str) -> dict[str, object]:
    return {"name": name, "value": secrets.token_urlsafe(40), "encrypted": False}
