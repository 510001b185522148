"""The queue trigger."""

import json
from datetime import UTC, datetime

from tests.devhost.running import wait_until


def notes(toy, body, state="begin"):
    return toy.journal(function="on_work", body=json.dumps(body), state=state)


def test_a_message_runs_the_function_once_and_is_deleted(toy, shared_account):
    shared_account.send("work", "plain words")

    noted = toy.noted(function="on_work", body="plain words", state="end")
    assert noted["count"] == 1
    wait_until(lambda: shared_account.waits("work") == 0, "the message is deleted")
    assert len(toy.journal(body="plain words", state="begin")) == 1


def test_the_run_is_logged_as_the_host_logs_it(toy, shared_account):
    shared_account.send("work", "logged")

    noted = toy.noted(function="on_work", body="logged", state="end")
    toy.printed("INFO worked on logged")
    reason = f"Reason='New queue message detected on '{shared_account.name('work')}'.'"
    assert f"Executing 'Functions.on_work' ({reason}, Id=" in toy.output
    assert f"Trigger Details: MessageId: {noted['id']}, DequeueCount: 1, " in toy.output
    toy.printed("Executed 'Functions.on_work' (Succeeded, Id=")


def test_the_message_has_its_times(toy, shared_account):
    shared_account.send("work", "timed")

    expires = toy.noted(function="on_work", body="timed")["expires"]
    assert datetime.fromisoformat(expires) > datetime.now(UTC)


def test_a_failed_message_comes_back_with_a_higher_count(toy, shared_account):
    body = {"fail": 1, "test": "once"}
    shared_account.send("work", body)

    done = toy.noted(function="on_work", body=json.dumps(body), state="end")
    assert done["count"] == 2


def test_a_json_property_of_the_body_replaces_the_messages_own(toy, shared_account):
    body = {"ID": "from the body", "DequeueCount": "7"}
    shared_account.send("work", body)

    noted = toy.noted(function="on_work", body=json.dumps(body))
    assert (noted["id"], noted["count"]) == ("from the body", 7)


def test_bytes_that_are_no_text_fail(toy, shared_account):
    shared_account.send_raw("work", "/wA=")

    toy.printed("is not UTF-8 text")


def test_a_message_that_fails_as_often_as_allowed_moves_to_the_poison_queue(toy, shared_account):
    body = {"fail": 9, "test": "always"}
    shared_account.send("work", body)

    poison = toy.noted(function="on_poison", body=json.dumps(body))
    assert [each["count"] for each in notes(toy, body)] == [1, 2, 3]
    assert poison["count"] == 1
    toy.printed(f"Moving message to queue '{shared_account.name('work')}-poison'.")


def test_a_message_that_is_not_base64_moves_to_the_poison_queue_without_a_run(toy, shared_account):
    shared_account.send_raw("work", "not base64!")

    toy.printed("is not base64-encoded.")
    poison = shared_account.queues.get_queue_client(shared_account.name("work") + "-poison")
    wait_until(
        lambda: poison.get_queue_properties().approximate_message_count, "the poison queue has it"
    )
    assert toy.journal(function="on_work", body="not base64!") == []


def test_a_failing_poison_function_leaves_its_message_hidden(toy, shared_account):
    body = {"fail": 9, "test": "worse"}
    shared_account.send("work", body)

    toy.noted(function="on_poison", body=json.dumps(body), count=1)
    # Hidden until its lease ends, ten minutes on the genuine host; never in a *-poison-poison.
    toy.noted(function="on_poison", body=json.dumps(body), count=2)
    names = [each.name for each in shared_account.queues.list_queues()]
    assert shared_account.name("work") + "-poison-poison" not in names


def test_a_long_run_keeps_its_message_hidden_beyond_the_lease(toy, shared_account):
    body = {"sleep": 8, "test": "long"}
    shared_account.send("work", body)

    toy.noted(function="on_work", body=json.dumps(body), state="end")
    wait_until(lambda: shared_account.waits("work") == 0, "the message is deleted")
    assert len(notes(toy, body)) == 1


def test_no_more_run_at_once_than_batch_size_and_threshold_allow(toy, shared_account):
    bodies = [{"sleep": 0.5 + number % 3, "test": f"many {number}"} for number in range(8)]
    for body in bodies:
        shared_account.send("work", body)

    for body in bodies:
        toy.noted(function="on_work", body=json.dumps(body), state="end")
    events = [(note["now"], 1) for body in bodies for note in notes(toy, body)]
    events += [(note["now"], -1) for body in bodies for note in notes(toy, body, "end")]
    running = [sum(change for _, change in sorted(events)[:end]) for end in range(len(events) + 1)]
    # batchSize 2, newBatchThreshold 1
    assert max(running) == 3
