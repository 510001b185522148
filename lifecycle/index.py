"""The index of jobs is kept: an entry when a job is accepted, and once more when it has ended."""

from errors import StorageUnavailableError
from jobs.index_entry import entry_of
from jobs.job import Job
from lifecycle.services import Services
from worker.log import log


def tenants_seen_by(services: Services, tenant: str) -> list[str]:
    """Whose jobs a caller of that tenant sees; the operator sees all."""
    return [tenant] if tenant else ["", *services.keys.tenants.all()]


def note_in_index(services: Services, job: Job) -> None:
    """Before the row of a new job is written: what is listed may be missing, never the reverse."""
    services.index.put(entry_of(job, services.keys.tenants.of(job.blob_name)))


def note_end_in_index(services: Services, job: Job) -> None:
    """After its row says that it has ended. What fails here is made up for by who lists the job."""
    try:
        note_in_index(services, job)
    except StorageUnavailableError:
        log.warning("job of %s: the index learns of its end later", job.blob_name)


def note_restart_in_index(services: Services, job: Job) -> None:
    """The same of a job that has not ended after all; its day is counted anew."""
    note_end_in_index(services, job)
    services.index.forget_sums(services.keys.tenants.of(job.blob_name), job.created_at)
