"""The page's examples of asking by metadata, as they stand there, each by another program."""

import re
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas
from PIL import Image

from tests.conformance.integrator import NPM, run
from tests.conformance.python313 import ROOT

PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Options")[2].partition("\n## ")[0]
EXAMPLES = dict(re.findall(r"```(bash|python|js)\n(.*?)```", SECTION, re.DOTALL))
UPLOADED_AS = {
    "bash": "holiday-by-curl.jpg",
    "python": "holiday-by-python.jpg",
    "js": "holiday-by-javascript.jpg",
}


def signed_for_writing(account: str, name: str) -> str:
    """The address that a back end hands to a browser."""
    service = BlobServiceClient.from_connection_string(account)
    with suppress(ResourceExistsError):  # the app makes it, but perhaps not yet
        service.create_container("uploads")
    blob = service.get_blob_client("uploads", name)
    token = generate_blob_sas(
        blob.account_name,
        "uploads",
        name,
        account_key=blob.credential.account_key,
        permission=BlobSasPermissions(create=True, write=True),
        expiry=datetime.now(UTC) + timedelta(minutes=10),
    )
    return f"{blob.url}?{token}"


@pytest.mark.parametrize("language", UPLOADED_AS)
def test_an_example_gets_what_it_asks_for(client, photo, tmp_path, language):
    name = UPLOADED_AS[language]
    (tmp_path / "holiday.jpg").write_bytes(photo.read_bytes())
    (tmp_path / "node_modules").symlink_to(NPM / "node_modules")
    (tmp_path / "example.mjs").write_text(EXAMPLES[language], encoding="utf-8")
    commands = {
        "bash": ["bash", "-euc", EXAMPLES["bash"]],
        "python": [sys.executable, "-c", EXAMPLES["python"]],
        "js": ["node", "example.mjs"],
    }

    run(
        *commands[language],
        cwd=tmp_path,
        AZURE_STORAGE_CONNECTION_STRING=client.account,
        UPLOAD_URL=signed_for_writing(client.account, name),
        NO_PROXY="*",
    )
    job = client.poll(name, f"X-API-Key: {client.api_key}")

    assert (job["status"], job["format"]) == ("completed", "avif")
    assert job["reference"] == "Kurs 7, Übung 3"
    kept = datetime.fromisoformat(job["deletes_at"]) - datetime.fromisoformat(job["completed_at"])
    assert kept == timedelta(days=1)
    assert client.curl("--output", tmp_path / "result", job["output_url"])[0] == 200
    with Image.open(tmp_path / "result") as picture:
        assert (picture.format, picture.size) == ("AVIF", (320, 240))
