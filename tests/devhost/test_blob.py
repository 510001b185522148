"""The blob trigger."""

import base64
import json

import httpx2
from azure.core.exceptions import ResourceNotFoundError

from tests.devhost.running import devhost, wait_until

POISON_QUEUE = "webjobs-blobtrigger-poison"


def test_a_blob_runs_the_function_with_a_client_for_it(toy, shared_account):
    # Given a container that is made after the start
    shared_account.upload("uploads", "dir/a b.txt", b"hello")

    assert toy.noted(function="on_upload", blob="dir/a b.txt")["size"] == 5
    path = f"{shared_account.name('uploads')}/dir/a b.txt"
    toy.printed(f"Reason='New blob detected(LogsAndContainerScan): {path}'")


def test_a_receipt_keeps_a_restarted_host_from_firing_again(account, tmp_path):
    # Given a blob that was there before the first start
    blob = account.upload("uploads", "once.txt", b"once")
    with devhost(account, tmp_path / "first") as toy:
        toy.noted(function="on_upload", blob="once.txt")

    with devhost(account, tmp_path / "second") as toy:
        account.upload("uploads", "later.txt", b"later")
        toy.noted(function="on_upload", blob="later.txt")
        assert toy.journal(blob="once.txt") == []

    etag = blob.get_blob_properties().etag
    prefix = f"blobreceipts/{account.host_id}/Host.Functions.on_upload/{etag}"
    assert account.hosts_blobs(prefix) == [f"{prefix}/{account.name('uploads')}/once.txt"]


def test_overwriting_a_blob_or_its_metadata_fires_again(toy, shared_account):
    blob = shared_account.upload("uploads", "twice.txt", b"one")
    toy.noted(function="on_upload", blob="twice.txt")

    shared_account.upload("uploads", "twice.txt", b"three")
    toy.noted(function="on_upload", blob="twice.txt", size=5)
    blob.set_blob_metadata({"changed": "yes"})

    wait_until(lambda: len(toy.journal(blob="twice.txt")) == 3, "the third version is seen")


def test_two_blobs_of_the_same_second_both_fire(toy, shared_account):
    for number in range(5):
        shared_account.upload("uploads", f"same-{number}.txt", b"x")

    for number in range(5):
        toy.noted(function="on_upload", blob=f"same-{number}.txt")


def test_a_failing_blob_is_tried_five_times_and_then_reported_as_poison(toy, shared_account):
    blob = shared_account.upload("uploads", "broken.txt", b"x")
    queue = shared_account.queues.get_queue_client(POISON_QUEUE)

    def poison():
        try:
            messages = [json.loads(base64.b64decode(m.content)) for m in queue.peek_messages(32)]
        except ResourceNotFoundError:
            return []
        return [m for m in messages if m["ContainerName"] == shared_account.name("uploads")]

    wait_until(poison, "the poison queue has it")
    assert len(toy.journal(blob="broken.txt")) == 5
    assert poison() == [
        {
            "Type": "BlobTrigger",
            "FunctionId": "Host.Functions.on_upload",
            "BlobType": "BlockBlob",
            "ContainerName": shared_account.name("uploads"),
            "BlobName": "broken.txt",
            "ETag": blob.get_blob_properties().etag,
        }
    ]


def message(account, name, etag):
    """What a scan puts on the internal queue."""
    content = {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.on_upload",
        "BlobType": "BlockBlob",
        "ContainerName": account.name("uploads"),
        "BlobName": name,
        "ETag": etag,
    }
    return base64.b64encode(json.dumps(content).encode()).decode()


def test_a_blob_that_is_gone_or_changed_since_its_detection_is_dropped(toy, shared_account):
    shared_account.upload("uploads", "changed.txt", b"new")
    queue = shared_account.queues.get_queue_client(
        f"azure-webjobs-blobtrigger-{shared_account.host_id}"
    )
    queue.send_message(message(shared_account, "changed.txt", '"0x0"'))
    queue.send_message(message(shared_account, "gone.txt", '"0x0"'))

    toy.noted(function="on_upload", blob="changed.txt")
    wait_until(lambda: not queue.get_queue_properties().approximate_message_count, "all are done")
    # The new version has fired on its own account, once.
    assert len(toy.journal(blob="changed.txt")) == 1
    assert toy.journal(blob="gone.txt") == []


def test_a_blob_whose_name_does_not_fit_the_path_is_left_alone(toy, shared_account):
    shared_account.upload("texts", "no-extension", b"ignored")
    shared_account.upload("texts", "dir/some.name.txt", b"x")

    toy.noted(function="on_text", blob="dir/some.name.txt")
    assert toy.journal(blob="no-extension") == []


def test_a_function_fed_by_event_grid_is_not_fed_by_a_scan(toy, shared_account):
    shared_account.upload("events", "unseen.txt", b"x")
    shared_account.upload("uploads", "seen.txt", b"x")

    toy.noted(function="on_upload", blob="seen.txt")
    assert toy.journal(blob="unseen.txt") == []


def test_a_blob_function_runs_by_hand_with_a_path(toy, shared_account):
    shared_account.upload("events", "by-hand.txt", b"by hand")
    path = f"{shared_account.name('events')}/by-hand.txt"

    answer = httpx2.post(f"{toy.url}/admin/functions/on_event", json={"input": path})

    assert (answer.status_code, answer.content) == (202, b"")
    assert toy.noted(function="on_event", blob="by-hand.txt")["text"] == "by hand"


def test_a_path_to_nothing_is_reported(toy):
    httpx2.post(f"{toy.url}/admin/functions/on_event", json={"input": "nowhere/nothing"})

    toy.printed("'Functions.on_event' cannot be run with 'nowhere/nothing'")


def test_an_event_of_event_grid_runs_the_function(toy, shared_account):
    container = shared_account.name("events")
    shared_account.upload("events", "dir/grid.txt", b"from the grid")
    event = {
        "eventType": "Microsoft.Storage.BlobCreated",
        "subject": f"/blobServices/default/containers/{container}/blobs/dir/grid.txt",
        "data": {"url": f"https://account.test/{container}/dir/grid.txt"},
    }

    url = f"{toy.url}/runtime/webhooks/blobs?functionName=Host.Functions.on_event&code=x"
    answer = httpx2.post(url, json=[event])

    assert answer.status_code == 202
    assert toy.noted(function="on_event", blob="dir/grid.txt")["text"] == "from the grid"


def test_a_new_event_subscription_is_confirmed(toy):
    event = {
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": "512d38b6"},
    }

    url = f"{toy.url}/runtime/webhooks/blobs?functionName=Host.Functions.on_event"
    answer = httpx2.post(url, json=[event])

    assert answer.json() == {"validationResponse": "512d38b6"}
