"""An upload that storage will never hand out ends with the true code, at its first attempt."""

import pytest
from azure.core.pipeline.transport import RequestsTransport

from lifecycle.attempt import run_attempt
from lifecycle.intake import accept_blob

from .conftest import World


@pytest.mark.azurite
def test_an_archived_upload_fails_at_once(world: World, photo: bytes) -> None:
    world.put("a.png", photo)
    accept_blob(world.services, "a.png")
    world.services.uploads._container.get_blob_client("a.png").set_standard_blob_tier("Archive")

    for message in world.take_messages():
        run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.error_code, job.attempts) == ("failed", "SOURCE_ARCHIVED", 1)
    assert "another" in (job.error_message or "")


@pytest.mark.azurite
def test_an_upload_under_a_key_of_its_senders_fails_at_once(
    world: World, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("a.png", photo)
    send = RequestsTransport.send

    def refuse_as_azure_does(transport, request, **options):
        response = send(transport, request, **options)
        if request.method in ("GET", "HEAD") and "/uploads/a.png" in request.url:
            response.status_code = 409
            response.headers["x-ms-error-code"] = "BlobUsesCustomerSpecifiedEncryption"
        return response

    monkeypatch.setattr(RequestsTransport, "send", refuse_as_azure_does)
    accept_blob(world.services, "a.png")
    for message in world.take_messages():
        run_attempt(world.services, message)

    job = world.job("a.png")
    assert (job.status, job.error_code, job.attempts) == ("failed", "SOURCE_ENCRYPTED", 1)
