"""The demo's second part: files go to a small learning platform, and a webhook tells of each."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2

from harness.laptop.listen import verdict
from harness.laptop.view import shown, size
from harness.rig.platform import Platform
from harness.rig.receiver import Received
from harness.rig.service import Service
from integrations.secret_keys import SecretKeys, in_webhook_letters
from jobs.endpoint import OPERATOR

POLL_S = 0.4
HOOK = "/hook"
FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class Sending:
    """Who sends, to which service, and where the files come back."""

    app: Service
    platform: Platform
    output: Path
    time_limit_s: float  # for each file


def settings_of(platform: Platform) -> dict[str, str]:
    """Of an app that brings results there, and tells of them."""
    return platform.settings | {"WEBHOOK_URL": f"{platform.receiver.url}{HOOK}"}


def send_all(sending: Sending, files: Sequence[Path]) -> bool:
    """Sends each file as a platform's back end would; whether all of them came back."""
    files_of = sending.platform.files
    print(
        f"\nAs a learning platform, with an SFTP server on port {files_of.port}"
        f"\n(host key {files_of.fingerprint})"
        f"\nand a receiver of webhooks at {sending.platform.receiver.url}:",
        flush=True,
    )
    came_back = [_send(sending, file) for file in files]
    return all(came_back)


def _send(sending: Sending, file: Path) -> bool:
    media_id, host = uuid4().hex[:8], sending.app.host
    key = {"X-API-Key": host.api_key}
    with httpx2.Client(base_url=host.url, headers=key, timeout=60, trust_env=False) as client:
        with file.open("rb") as stream:
            form = {"file": (file.name, stream)}
            answer = client.post("/compress/", data={"media_id": media_id}, files=form)
        if answer.status_code != 200:
            _say(file, f"refused: {answer.json().get('detail')}")
            return False
        _say(file, f"accepted by POST /compress/ as media {media_id}")
        word = _last_word(client, media_id, sending.time_limit_s)
    if word != "completed":
        _say(file, word)
        return False
    return _show(sending, file, media_id)


def _last_word(client: httpx2.Client, media_id: str, limit_s: float) -> str:
    end_s = time.monotonic() + limit_s
    while True:
        word = str(client.get(f"/status/{media_id}").json()["status"])
        if word == "completed" or word.startswith("failed") or time.monotonic() > end_s:
            return word
        time.sleep(POLL_S)


def _show(sending: Sending, file: Path, media_id: str) -> bool:
    """Where the file lies, and what the receiver was told of it."""
    platform = sending.platform
    told = [json.loads(each.body) for each in platform.came_to("/confirm")]
    path = next(each["filePath"] for each in told if each["mediaId"] == media_id)
    there = platform.files.folder / path[1:]
    copy = sending.output / f"{file.stem}.delivered{there.suffix}"
    shutil.copyfile(there, copy)
    _say(file, f"lies on the SFTP server as {path} ({size(there.stat().st_size)}), confirmed")
    if (event := _event(platform, there.stem)) is None:
        _say(file, "no webhook came")
        return False
    secret = SecretKeys(sending.app.host.api_key.encode()).webhook_secret(OPERATOR, FIRST_VERSION)
    words = verdict(event, [in_webhook_letters(secret)])
    _say(file, f"webhook job.completed came, {event.id}: {words}")
    return True


def _event(platform: Platform, stem: str) -> Received | None:
    """The webhook about that upload: it was sent beside the file, and soon comes."""
    end_s = time.monotonic() + 10
    while time.monotonic() < end_s:
        for each in platform.came_to(HOOK):
            if stem in json.loads(each.body)["data"].get("blob_name", ""):
                return each
        time.sleep(POLL_S)
    return None


def _say(file: Path, sentence: str) -> None:
    print(f"  {shown(file.name)}: {sentence}", flush=True)
