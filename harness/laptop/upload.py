"""Puts one file into the uploads of the app that scripts/start runs."""

import argparse
import sys
from pathlib import Path

from azure.core.exceptions import AzureError

from harness.laptop import local_settings
from harness.laptop.refusal import Refusal
from harness.rig.client import UPLOADS, Client
from harness.rig.project import ROOT


def main() -> int:
    """Returns the exit status: 0 when the file is in storage."""
    parser = argparse.ArgumentParser(prog="upload", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("name", nargs="?", help="the blob's name (the file's own)")
    given = parser.parse_args()
    try:
        upload(given.file, given.name or given.file.name)
    except (Refusal, OSError, AzureError) as reason:
        print(f"upload: {str(reason).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


def upload(file: Path, blob_name: str) -> None:
    """Uploads and says what to ask for."""
    if not (ROOT / local_settings.NAME).exists():
        raise Refusal("there is no local.settings.json yet: run ./scripts/start first")
    values = local_settings.ensure(ROOT)
    storage = values.get("AzureWebJobsStorage", "")
    if not storage:
        raise Refusal("local.settings.json names no connection string in AzureWebJobsStorage")
    Client(storage, "", "").upload(blob_name, file)
    print(f"{file} is now {UPLOADS}/{blob_name}")


if __name__ == "__main__":
    sys.exit(main())
