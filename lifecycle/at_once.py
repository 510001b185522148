"""An upload that was sent to this process is begun here at once, without waiting for the queue."""

import threading

from errors import StorageUnavailableError, WorkerStoppedError
from jobs.job import Job, Status
from jobs.lease import LEASE_GRACE
from jobs.message import HIGH_PRIORITY_BELOW_BYTES
from lifecycle.attempt import run_attempt
from lifecycle.intake import NO_DELAY, accept_upload
from lifecycle.services import Services
from worker.log import log


def accept_and_begin(services: Services, blob_name: str) -> Job | None:
    """Accepts the present version of an upload, as accept_blob() does; None when there is none.

    The attempt at a small one begins here, where this process has room. It claims the job as every
    attempt does. Its message comes when the lease would have lapsed: if this process dies, that is
    when another may take the job anyway.
    """
    upload = services.uploads.get(blob_name)
    if upload is None:
        return None
    has_room = upload.size_bytes < HIGH_PRIORITY_BELOW_BYTES and _take_room(services)
    try:
        delay = services.lease + LEASE_GRACE if has_room else NO_DELAY
        job = accept_upload(services, upload, delay=delay)
        if has_room and job.status is Status.QUEUED and not job.attempts:
            _begin(services, job)
            has_room = False  # the attempt gives it back
        return job
    finally:
        if has_room:
            services.spare_room.give_back()


def _take_room(services: Services) -> bool:
    shutdown = services.shutdown
    return not shutdown.is_requested and services.spare_room.take(shutdown.attempts)


def _begin(services: Services, job: Job) -> None:
    arguments = services, job
    threading.Thread(target=_attempt, args=arguments, name="at once", daemon=True).start()


def _attempt(services: Services, job: Job) -> None:
    """What goes wrong before the claim is left to the message."""
    try:
        run_attempt(services, job.message(services.clock()))
    except (StorageUnavailableError, WorkerStoppedError) as error:
        log.warning("job of %s was not begun at once (%s)", job.blob_name, error)
    finally:
        services.spare_room.give_back()
