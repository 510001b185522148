"""The whole way of an event: upload, host, worker, queue, receiver."""

from standardwebhooks import Webhook

from harness.rig.receiver import receiving
from harness.rig.running import Setup, running
from integrations.secret_keys import SecretKeys
from jobs.endpoint import OPERATOR


def test_the_operators_receiver_is_told_of_a_job_without_anybody_asking(photo, tmp_path):
    with receiving() as receiver:
        receiver.behave("500")
        settings = {
            "WEBHOOK_URL": f"{receiver.url}/told",
            "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        with running(tmp_path, Setup(settings)) as service:
            service.upload("upload-told.png", photo)
            service.wait_for("two attempts", lambda: len(receiver.received) >= 2)
            job = service.wait_for("the delivery's row", lambda: told(service))

    secret = SecretKeys(service.host.api_key.encode()).webhook_secret(OPERATOR, 1)
    first, second = (
        Webhook(secret).verify(each.body, dict(each.headers)) for each in receiver.received
    )
    assert first["type"] == second["type"] == "job.completed"
    assert first["data"]["compressed_size"] == job["compressed_size"]
    assert len(set(receiver.ids)) == 1
    assert [each["attempts"] for each in job["deliveries"]] == [2]


def told(service):
    """The status, once it says that the event has arrived."""
    job = service.status("upload-told.png")
    return job if [each["state"] for each in job["deliveries"]] == ["delivered"] else None
