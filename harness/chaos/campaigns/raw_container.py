"""Blobs under any name whatever: no client resolves '..' or minds what it cannot encode."""

import http.client
import urllib.parse
from datetime import UTC, datetime, timedelta

from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

MAY = ContainerSasPermissions(read=True, create=True, write=True, delete=True)
VERSION = "2021-12-02"


class RawContainer:
    """One container; each request's path is just what is asked for, byte for byte."""

    def __init__(self, account: BlobServiceClient, container: str) -> None:
        parts = urllib.parse.urlsplit(account.url)
        self._path = f"{parts.path.rstrip('/')}/{container}/"
        self._signature = generate_container_sas(
            account.account_name or "",
            container,
            account.credential.account_key,
            permission=MAY,
            expiry=datetime.now(UTC) + timedelta(days=1),
        )
        self._address = (parts.hostname or "", parts.port)

    def put(self, name: str, data: bytes) -> tuple[int, str | None]:
        """The HTTP status, and the new blob's ETag if there is one."""
        headers = {"x-ms-blob-type": "BlockBlob"}
        status, answered = self._ask("PUT", name, headers, data)
        etag = answered.get("ETag") if status == 201 else None
        return status, etag.strip('"') if etag else None

    def has(self, name: str) -> bool:
        return self._ask("HEAD", name)[0] == 200

    def delete(self, name: str) -> int:
        return self._ask("DELETE", name)[0]

    def _ask(
        self, method: str, name: str, headers: dict[str, str] | None = None, data: bytes = b""
    ) -> tuple[int, http.client.HTTPMessage]:
        path = urllib.parse.quote(name.encode("utf-8", "surrogatepass"), safe="/")
        target = f"{self._path}{path}?{self._signature}"
        headers = {"x-ms-version": VERSION, **(headers or {})}
        connection = http.client.HTTPConnection(*self._address, timeout=60)
        try:
            connection.request(method, target, body=data, headers=headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers
        finally:
            connection.close()
