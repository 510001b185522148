"""The sender of a video says that its result has arrived."""

from errors.requests import ExpiredJobError, NotReadyError, UnknownJobError
from jobs.contract import Contract
from jobs.job import Job, Status
from lifecycle.ingest import job_sent_as
from lifecycle.services import Services


def confirm_video(services: Services, video_id: str) -> Job:
    """The job of the newest video of that id, whose result is there; the same again when repeated.

    Raises UnknownJobError, NotReadyError before there is a result, ExpiredJobError after.
    """
    job = job_sent_as(services, Contract.VIDEO, video_id)
    if job is None:
        raise UnknownJobError("No video was sent under this id.")
    if job.status is Status.EXPIRED:
        raise ExpiredJobError
    if job.status is not Status.COMPLETED:
        raise NotReadyError
    return job
