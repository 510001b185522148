"""The file of a delivery that is a transfer."""

from pathlib import PurePosixPath

from integrations.destinations.destination import Parcel
from integrations.stored_content import StoredContent
from jobs.delivery import Delivery
from jobs.job import Status
from lifecycle.services import Services


def parcel_of(services: Services, delivery: Delivery) -> Parcel | None:
    """What is to be sent; None when it is gone, or belongs to a newer upload by now.

    The file gets a name of our making: its upload's random one, and the extension of the result.
    """
    job = services.jobs.get_by_key(delivery.job_key)
    if job is None or job.upload_etag != delivery.upload_etag:
        return None
    if job.status is not Status.COMPLETED or job.result is None:
        return None
    result = job.result
    stem, extension = PurePosixPath(job.blob_name).stem, PurePosixPath(result.name).suffix
    return Parcel(
        content=StoredContent(
            services.results.client(result.name), result.etag, result.compressed_size
        ),
        file_name=f"{stem}{extension}",
        external_id=job.external_id or "",
        organization_id=job.organization_id,
    )
