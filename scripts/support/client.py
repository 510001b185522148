"""Speaks to the pipeline as any client does: upload a blob, poll its status, fetch the result."""

import contextlib
import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

from scripts.support.app import LOOPBACK

CONTAINER = "uploads"
# A host that restarts its worker answers late, not never.
ANSWER_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What GET /api/status says about a job; the part that we show."""

    status: str
    stage: str | None = None
    progress: float | None = None  # 0 to 100
    output_url: str | None = None
    processed_blob_name: str | None = None
    error_code: str | None = None
    error_message: str | None = None

    @classmethod
    def from_json(cls, answer: dict[str, Any]) -> "JobStatus":
        """Keeps the fields we know."""
        known: dict[str, Any] = {each.name: answer.get(each.name) for each in fields(cls)}
        return cls(**known)

    @property
    def is_final(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.status in {"completed", "failed"}


class RefusedKeyError(Exception):
    """The app does not accept our API key."""


class NoAnswerError(Exception):
    """The app did not say anything about the job this time; the message says what came instead."""


@dataclass(frozen=True, slots=True)
class Client:
    """One storage account and the app that watches it."""

    connection_string: str
    app_url: str
    api_key: str

    def upload(self, source: Path, blob_name: str, on_bytes: Callable[[int], None]) -> None:
        """Uploads the file by streaming; `on_bytes` is told how many bytes have gone."""
        # No retries: storage is on this machine, it answers or it is gone.
        service = BlobServiceClient.from_connection_string(self.connection_string, retry_total=0)
        with service, source.open("rb") as stream:
            container = service.get_container_client(CONTAINER)
            with contextlib.suppress(ResourceExistsError):
                container.create_container()
            container.upload_blob(
                blob_name,
                stream,
                overwrite=True,
                progress_hook=lambda done, _total: on_bytes(done),
            )

    def status(self, blob_name: str) -> JobStatus | None:
        """What the app says about the job; None while it does not know the job.

        Raises NoAnswerError when it is worth asking again, else RefusedKeyError.
        """
        query = urllib.parse.urlencode({"blob_name": blob_name})
        request = urllib.request.Request(
            f"{self.app_url}/api/status?{query}", headers={"X-API-Key": self.api_key}
        )
        try:
            with LOOPBACK.open(request, timeout=ANSWER_LIMIT_S) as answer:
                return JobStatus.from_json(json.load(answer))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            if error.code == 401:
                raise RefusedKeyError from error
            raise NoAnswerError(f"HTTP {error.code}") from error
        except (OSError, ValueError) as error:
            raise NoAnswerError(str(error)) from error

    @staticmethod
    def download(url: str, target: Path) -> None:
        """Fetches a result by its link."""
        with LOOPBACK.open(url, timeout=ANSWER_LIMIT_S) as answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file, 1024 * 1024)
