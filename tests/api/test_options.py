"""What a client asked by its upload's metadata, as its status tells it."""

import httpx2
import pytest
from azure.data.tables import UpdateMode

from jobs.naming import row_key
from lifecycle.services import Services


def put(services: Services, name: str, **metadata: str) -> None:
    services.uploads._container.upload_blob(name, b"data", overwrite=True, metadata=metadata)


def status(client: httpx2.Client, name: str) -> dict:
    answer = client.get("/api/status", params={"blob_name": name})
    assert answer.status_code == 200
    return answer.json()


def test_the_status_tells_what_the_job_goes_by(
    client: httpx2.Client, services: Services, name: str
) -> None:
    put(services, name, mp_image_output="AVIF", mp_reference="Kurs%207%2C%20%C3%9Cbung", other="x")

    job = status(client, name)

    assert job["status"] == "queued"
    assert job["reference"] == "Kurs 7, Übung"
    assert job["order"] == {
        "profile": "balanced",
        "image_output": "avif",
        "video_output": "h264",
        "target_quality": False,
        "keep_copyright": False,
        "retention": 10,
        "reference": "Kurs 7, Übung",
    }


def test_an_upload_that_asks_for_nothing_has_no_reference(
    client: httpx2.Client, services: Services, name: str
) -> None:
    put(services, name)

    job = status(client, name)

    assert job["reference"] is None
    assert job["order"] == services.settings.default_order.to_json()


@pytest.mark.parametrize("again", ["asked again", "started by hand"])
def test_an_unknown_option_is_named_and_stays_refused_until_it_is_put_right(
    client: httpx2.Client, services: Services, name: str, again: str
) -> None:
    put(services, name, mp_quality="best")
    refused = status(client, name)

    if again == "started by hand":
        client.post("/api/test-process", json={"blob_name": name})
    still_refused = status(client, name)
    put(services, name, mp_profile="lms720")
    mended = status(client, name)

    assert (refused["status"], refused["error_code"]) == ("failed", "INVALID_OPTION")
    assert "mp_quality" in refused["error_message"]
    assert "mp_profile" in refused["error_message"]  # which there are
    assert refused["deletes_at"] > refused["failed_at"]
    assert (still_refused["status"], still_refused["error_code"]) == ("failed", "INVALID_OPTION")
    assert (mended["status"], mended["order"]["profile"]) == ("queued", "lms720")


def test_nobody_is_told_that_an_option_is_wrong_which_a_newer_version_stored(
    client: httpx2.Client, services: Services, name: str
) -> None:
    put(services, name)
    status(client, name)
    table, key = services.jobs._table, row_key(name)
    row = {"PartitionKey": "jobs", "RowKey": key, "order": '{"profile":"of tomorrow"}'}
    table.update_entity(row, mode=UpdateMode.MERGE)

    answer = client.get("/api/status", params={"blob_name": name})

    assert (answer.status_code, answer.json()["code"]) == (500, "ROW_UNREADABLE")


def test_the_documentation_of_the_api_knows_the_fields(stranger: httpx2.Client) -> None:
    schemas = stranger.get("/api/openapi.json").json()["components"]["schemas"]

    described = schemas["JobStatus"]["properties"]
    assert described["order"]["type"] == "object"
    assert described["reference"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
