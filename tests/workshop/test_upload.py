"""scripts/upload: what it says when the file is in storage, and when it is not."""

import json

import pytest
from azure.storage.blob import ContainerClient

from devhost.azurite import connection_string, free_ports
from harness.rig.client import UPLOADS
from harness.rig.processes import PATIENCE_S


@pytest.fixture
def upload(launch, checkout):
    """Runs it to its end against that storage; returns the exit status and what was said."""

    def run(storage, *arguments):
        settings = {"Values": {"AzureWebJobsStorage": storage, "API_KEY": "k" * 40}}
        (checkout / "local.settings.json").write_text(json.dumps(settings))
        process = launch("upload", *arguments)
        said, _ = process.communicate(timeout=PATIENCE_S)
        return process.returncode, said

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a photo.jpg"
    path.write_bytes(b"any bytes")
    return path


def test_it_says_what_to_ask_for(upload, storage, file):
    name = "workshop/a photo & more.jpg"

    status, said = upload(storage, file, name)

    assert status == 0
    path = "/api/status?blob_name=workshop%2Fa+photo+%26+more.jpg"
    assert said == f"{file} is now uploads/{name}; GET {path}\n"
    with ContainerClient.from_connection_string(storage, UPLOADS) as uploads:
        assert uploads.download_blob(name).readall() == b"any bytes"


def test_storage_that_does_not_run_is_one_clear_line(upload, file):
    reached = upload(connection_string(free_ports()), file)

    assert reached == (1, "upload: storage does not answer: run ./scripts/start first\n")


@pytest.mark.parametrize(
    ("given", "problem"),
    [("nowhere.jpg", "is not a readable file"), (".", "is a folder; give files")],
)
def test_what_is_not_a_file_is_one_clear_line(upload, given, problem):
    assert upload("never asked", given) == (1, f"upload: {given} {problem}\n")


def test_a_name_that_no_upload_can_have_is_one_clear_line(upload, file):
    refused = upload("never asked", file, "x/../y.jpg")

    assert refused == (1, "upload: x/../y.jpg: no upload can have this name\n")
