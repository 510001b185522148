"""Streams through Microsoft's own worker library."""

import json


def test_events_are_passed_on_as_they_happen(host, worker, api_key, photo):
    """The invocation is over when the stream has begun: no limit of the host is in its way."""
    host.upload("heard.jpg", photo)
    host.trigger_blob("heard.jpg")

    headers = {"X-API-Key": api_key}
    with worker.stream("events", "/api/events?blob_name=heard.jpg", headers) as answer:
        first = event_of(answer)
        host.trigger_queue("on_small_job_message", host.message("heard.jpg"))
        while (last := event_of(answer))["status"] != "completed":
            pass
        end = answer.read()

    assert first["status"] == "queued"
    assert last["output_url"]
    assert end.startswith(b"event: end")


def event_of(answer):
    """The data of the next event, as soon as it has come."""
    lines = iter(lambda: answer.readline().strip(), b"")
    return json.loads(dict(line.split(b": ", 1) for line in lines)[b"data"])
