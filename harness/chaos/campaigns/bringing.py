"""A learning platform that sends pictures in forms, and must be brought the result of each."""

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import httpx2

from harness.chaos.campaigns import sources
from harness.chaos.campaigns.rig import Rig
from harness.rig.platform import Platform
from harness.rig.receiver import Received

# A death while a file is brought costs the rest of its lease, and a minute until its alarm rings.
ARRIVES_WITHIN_S = 240.0
ANSWER_LIMIT_S = 30.0


@dataclass(slots=True)
class Bringing:
    """What the platform has sent, and what is wrong with what came back."""

    platform: Platform
    sent: list[str] = field(default_factory=list)  # media ids that are not judged yet
    judged: int = 0
    _number: int = 0
    _too_early: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A confirmation is judged at the moment at which it comes."""
        self.platform.receiver.on_request = self._look

    def send(self, rig: Rig) -> None:
        """One more picture; the app may be dead at this moment, and then there is none."""
        self._number += 1
        source = sources.picture(self._number + 1_000_000 * rig.order.seed)
        media_id, host = f"media-{self._number}", rig.host
        with contextlib.suppress(httpx2.HTTPError):
            answer = httpx2.post(
                f"{host.url}/compress/",
                headers={"X-API-Key": host.api_key},
                data={"media_id": media_id},
                files={"file": (f"picture{source.suffix}", source.data)},
                timeout=ANSWER_LIMIT_S,
                trust_env=False,
            )
            if answer.status_code == 200:
                self.sent.append(media_id)

    @property
    def repeated(self) -> int:
        """Confirmations beyond the first of each file."""
        ids = [each["mediaId"] for each in self._confirmed()]
        return len(ids) - len(set(ids))

    def judge(self, rig: Rig) -> None:
        """Waits for every file; what is wrong is added to the record, and the jobs are removed."""
        deadline = time.monotonic() + ARRIVES_WITHIN_S
        while self._missing() and time.monotonic() < deadline:
            time.sleep(0.2)
        rows = {PurePosixPath(name).stem: row for name, row in rig.watcher.look().items()}
        rig.record.violations += [*self._too_early, *self._wrong(rig, rows)]
        self.judged += len(self.sent)
        self.sent.clear()
        self._too_early.clear()
        for row in rows.values():
            if row["blob_name"].startswith("compress/"):
                rig.retire(row["blob_name"])

    def _missing(self) -> set[str]:
        return set(self.sent) - {each["mediaId"] for each in self._confirmed()}

    def _wrong(self, rig: Rig, rows: dict[str, dict[str, Any]]) -> Iterator[str]:
        paths: dict[str, set[str]] = {}
        for each in self._confirmed():
            paths.setdefault(each["mediaId"], set()).add(each["filePath"])
        for media_id in self.sent:
            if media_id not in paths:
                yield f"I9: the file of {media_id} was not brought, or not confirmed"
                continue
            if len(paths[media_id]) > 1:
                yield f"I9: the file of {media_id} lies at {sorted(paths[media_id])}"
            path = paths[media_id].pop()
            name = rows[PurePosixPath(path).stem]["processed_blob_name"]
            result = rig.blobs.get_blob_client("processed", name).download_blob().readall()
            if (self.platform.files.folder / path[1:]).read_bytes() != result:
                yield f"I9: the file of {media_id} is not its result"

    def _look(self, received: Received, _behaviour: str) -> None:
        if received.path == "/confirm":
            told = json.loads(received.body)
            if not (self.platform.files.folder / told["filePath"][1:]).is_file():
                self._too_early.append(f"I9: {told['mediaId']} was confirmed before it was there")

    def _confirmed(self) -> list[dict[str, str]]:
        return [json.loads(each.body) for each in self.platform.came_to("/confirm")]
