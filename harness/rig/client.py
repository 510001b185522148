"""What a client of the app has: a connection to its storage account, an address, a key."""

import contextlib
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

from harness.rig.request import Answer, request

UPLOADS = "uploads"
# A job that has its answer is, to whoever polls, one of these.
FINAL = ("completed", "failed")


@dataclass(frozen=True, slots=True)
class Client:
    """Uploads, polls and fetches, as any back end does."""

    storage: str  # connection string
    url: str
    api_key: str

    def upload(
        self, name: str, source: Path, on_bytes: Callable[[int], None] = lambda _: None
    ) -> None:
        """Uploads the file by streaming; `on_bytes` is told how many bytes have gone."""
        # No retries: storage is on this machine, it answers or it is gone.
        service = BlobServiceClient.from_connection_string(self.storage, retry_total=0)
        with service, source.open("rb") as stream:
            container = service.get_container_client(UPLOADS)
            with contextlib.suppress(ResourceExistsError):
                container.create_container()
            container.upload_blob(
                name, stream, overwrite=True, progress_hook=lambda done, _total: on_bytes(done)
            )

    def ask(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
        """One request to the app, without the key."""
        return request(f"{self.url}{path}", headers, method)

    def ask_with_key(self, path: str, method: str = "GET") -> Answer:
        """The same with the key."""
        return self.ask(path, {"X-API-Key": self.api_key}, method)

    def ask_status(self, blob_name: str) -> Answer:
        """One poll."""
        return self.ask_with_key(status_path(blob_name))

    def status(self, blob_name: str) -> dict[str, Any] | None:
        """What a poll says; None while there is no job."""
        answer = self.ask_status(blob_name)
        return answer.json if answer.status == 200 else None

    def timeline(self, blob_name: str) -> dict[str, Any]:
        """What happened to a job."""
        query = urllib.parse.urlencode({"blob_name": blob_name})
        content: dict[str, Any] = self.ask_with_key(f"/api/timeline?{query}").json
        return content


def status_path(blob_name: str) -> str:
    """Where the status of an upload is asked for."""
    return "/api/status?" + urllib.parse.urlencode({"blob_name": blob_name})
