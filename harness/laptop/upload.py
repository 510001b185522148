"""Puts one file into the uploads of the app that scripts/start runs."""

import argparse
import sys
from pathlib import Path

from azure.core.exceptions import AzureError, ServiceRequestError

from harness.laptop import local_settings
from harness.laptop.refusal import Refusal
from harness.laptop.source import what_is_wrong_with
from harness.laptop.view import shown
from harness.rig.client import UPLOADS, Client, status_path
from harness.rig.project import ROOT
from jobs.naming import can_be_stored


def main() -> int:
    """Returns the exit status: 0 when the file is in storage."""
    parser = argparse.ArgumentParser(prog="upload", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("name", nargs="?", help="name in storage; default: the file's name")
    given = parser.parse_args()
    try:
        upload(given.file, given.name or given.file.name)
    except (Refusal, OSError, AzureError) as reason:
        print(f"upload: {shown(str(reason).splitlines()[0])}", file=sys.stderr)
        return 1
    return 0


def upload(file: Path, blob_name: str) -> None:
    """Uploads and says what to ask for."""
    if problem := what_is_wrong_with(file):
        raise Refusal(f"{shown(str(file))} {problem}")
    if not can_be_stored(blob_name):
        raise Refusal(f"{shown(blob_name)}: no upload can have this name")
    if not (ROOT / local_settings.NAME).exists():
        raise Refusal("there is no local.settings.json yet: run ./scripts/start first")
    values = local_settings.ensure(ROOT)
    storage = values.get("AzureWebJobsStorage", "")
    if not storage:
        raise Refusal("local.settings.json names no connection string in AzureWebJobsStorage")
    try:
        Client(storage, "", "").upload(blob_name, file)
    except ServiceRequestError as error:
        raise Refusal("storage does not answer: run ./scripts/start first") from error
    print(f"{shown(str(file))} is now {UPLOADS}/{shown(blob_name)}; GET {status_path(blob_name)}")


if __name__ == "__main__":
    sys.exit(main())
