"""The news of a job, as the host passes them on while they happen."""

import json

import httpx2


def test_a_listener_hears_of_a_job_from_its_beginning_to_its_end(service, long_clip):
    service.upload("heard.mp4", long_clip)
    service.wait_for("the job", lambda: service.row("heard.mp4"))

    heard = []
    with httpx2.stream(
        "GET",
        f"{service.host.url}/api/events",
        params={"blob_name": "heard.mp4"},
        headers={"X-API-Key": service.host.api_key},
    ) as answer:
        for line in answer.iter_lines():
            heard += [json.loads(line[6:])] if line.startswith("data: {") else []

    *news, end = heard
    statuses = [each["status"] for each in news]
    assert end == {}
    assert statuses == sorted(statuses, key=["queued", "processing", "completed"].index)
    assert statuses[-1] == "completed"
    assert len(news) > 2  # each heartbeat is news, too
    assert httpx2.get(news[-1]["output_url"]).status_code == 200
