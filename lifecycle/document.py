"""The body of an event as it is sent: what was told, and a link that is made for this attempt."""

import json
from typing import Any

from jobs.delivery import Delivery
from jobs.event import EventType
from jobs.job import Status
from jobs.public import in_words
from lifecycle.links import awaited_link
from lifecycle.services import Services


def document_of(services: Services, delivery: Delivery) -> str:
    """JSON; one call to storage where the event has a result.

    There is no link when the result is gone, or belongs to a newer upload by now.
    """
    data = json.loads(delivery.data)
    if delivery.event == EventType.JOB_COMPLETED:
        data |= _link(services, delivery)
    happened = in_words(delivery.happened_at)
    document = {"type": delivery.event, "timestamp": happened, "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _link(services: Services, delivery: Delivery) -> dict[str, Any]:
    job = services.jobs.get_by_key(delivery.job_key)
    if job is None or job.upload_etag != delivery.upload_etag or job.status is not Status.COMPLETED:
        return {"output_url": None, "expires_at": None}
    link = awaited_link(services, job)
    return {
        "output_url": link.url if link else None,
        "expires_at": in_words(link.expires_at) if link else None,
    }
