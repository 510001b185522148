"""Takes one file through the pipeline: upload, wait, download."""

import shutil
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from azure.core.exceptions import AzureError

from harness.rig.client import FINAL, Client
from harness.rig.request import download

POLL_S = 0.4


class RefusedKeyError(Exception):
    """The app does not accept our API key."""


class NoAnswerError(Exception):
    """The app did not say anything about the job this time; the message says what came instead."""


class AbandonedError(Exception):
    """The demo ends; this file is not waited for."""


@dataclass(slots=True)
class Journey:
    """Where a file is; written by the thread that follows it, read by the one that shows it."""

    source: Path
    blob_name: str
    # Where the copy of the source and the result lie side by side: `stem`.before.jpg, .after.webp.
    folder: Path
    stem: str
    after: Path | None = None
    phase: str = "waiting"
    percent: float = 0.0  # of the job, not of the upload
    status: dict[str, Any] | None = None  # the last answer about the job
    # Why there is no result, for people.
    failure: str | None = None
    began_at: float = field(default_factory=time.monotonic)
    ended_at: float | None = None

    @property
    def before(self) -> Path:
        """The copy of the source."""
        return self.folder / f"{self.stem}.before{Path(self.blob_name).suffix}"

    @property
    def is_over(self) -> bool:
        """Whether it completed or failed."""
        return self.ended_at is not None

    @property
    def seconds(self) -> float:
        """From the start of the upload until now or the end."""
        return (self.ended_at or time.monotonic()) - self.began_at


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows journeys, each in a thread of its own."""

    client: Client
    time_limit_s: float  # for each file, from the start of its upload
    abandon: threading.Event

    def follow(self, journey: Journey) -> None:
        """Returns when the file has its result or its failure; never raises."""
        journey.began_at = time.monotonic()
        try:
            self._go(journey)
        except RefusedKeyError:
            journey.failure = "the app refused the API key"
        except AbandonedError:
            journey.failure = "stopped before it was answered"
        except AzureError as error:
            journey.failure = f"storage: {str(error).splitlines()[0]}"
        except Exception as error:  # noqa: BLE001 -- a journey without an end is waited for
            journey.failure = f"{type(error).__name__}: {error}"
        journey.phase = "failed" if journey.failure else "completed"
        journey.ended_at = time.monotonic()

    def _go(self, journey: Journey) -> None:
        shutil.copyfile(journey.source, journey.before)
        self._upload(journey)
        status = self._wait(journey)
        if status is None:
            journey.failure = (
                f"no answer within {self.time_limit_s:g} s, last seen: {journey.phase}"
            )
        elif status["status"] == "failed" or not status["output_url"]:
            journey.failure = f"{status['error_code']}: {status['error_message']}"
        else:
            journey.phase = "fetching the result"
            suffix = Path(status["processed_blob_name"]).suffix
            journey.after = journey.folder / f"{journey.stem}.after{suffix}"
            download(status["output_url"], journey.after)

    def _upload(self, journey: Journey) -> None:
        size_bytes = max(journey.source.stat().st_size, 1)

        def show(sent_bytes: int) -> None:
            if self.abandon.is_set():
                raise AbandonedError
            journey.phase = f"uploading {100 * sent_bytes // size_bytes}%"

        show(0)
        self.client.upload(journey.blob_name, journey.source, show)
        journey.phase = "uploaded"

    def _wait(self, journey: Journey) -> dict[str, Any] | None:
        """The final status, or None when the time is up."""
        while journey.seconds < self.time_limit_s:
            if self.abandon.wait(POLL_S):
                raise AbandonedError
            try:
                status = self._status(journey.blob_name)
            except NoAnswerError as error:
                journey.phase = f"the app does not answer ({error})"
                continue
            if status is None:
                continue
            journey.status = status
            journey.percent = status["progress"] or 0.0
            journey.phase = status["stage"] or status["status"]
            if status["status"] in FINAL:
                return status
        return None

    def _status(self, blob_name: str) -> dict[str, Any] | None:
        """What the app says about the job; None while it does not know the job.

        Raises NoAnswerError when it is worth asking again, else RefusedKeyError.
        """
        try:
            answer = self.client.ask_status(blob_name)
        except (OSError, HTTPException) as error:
            raise NoAnswerError(str(error)) from error
        if answer.status == 401:
            raise RefusedKeyError
        if answer.status not in (200, 404):
            raise NoAnswerError(f"HTTP {answer.status}")
        return answer.json if answer.status == 200 else None
