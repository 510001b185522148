"""Blobs read, stored and deleted in whatever version is there, and delivery out of order."""

from dataclasses import replace
from typing import Any

from integrations.blobs import Blobs, Delivery, Output, sha256_of

from errors import StorageUnavailableError
from integrations import blobs as blobs_room
from jobs.job import Job, Upload
from lifecycle import attempt, deliver
from lifecycle.claim import Claim
from lifecycle.services import Services
from tests.chaos.simulation.mutations.registry import mutation

_download, _complete = Blobs.download, deliver._complete


@mutation(blobs_room, "_only_if")
def blobs_are_taken_in_any_version(etag: str) -> dict[str, Any]:
    return {}


@mutation(Blobs, "delete_upload")
def an_upload_is_deleted_in_any_version(blobs: Blobs, blob_name: str, etag: str) -> bool:
    return _deleted(blobs._uploads.get_blob_client(blob_name))


@mutation(Blobs, "delete_output")
def a_result_is_deleted_in_any_version(blobs: Blobs, name: str, etag: str) -> bool:
    return _deleted(blobs._processed.get_blob_client(name))


def _deleted(client: Any) -> bool:
    try:
        with blobs_room.storage_errors():
            client.delete_blob(delete_snapshots="include")
    except blobs_room.ResourceNotFoundError:
        return False
    return True


@mutation(Blobs, "download")
def any_version_is_downloaded(blobs: Blobs, upload: Upload, *rest: Any) -> None:
    present = blobs.upload(upload.blob_name)
    _download(blobs, present or upload, *rest)


@mutation(Blobs, "store")
def a_result_is_stored_over_another(blobs: Blobs, delivery: Delivery, *_: Any) -> Output:
    name, source, marks = delivery.name, delivery.source, delivery.metadata
    client = blobs._processed.get_blob_client(name)
    with blobs_room.storage_errors(), source.open("rb") as file:
        answer = client.upload_blob(file, overwrite=True, metadata=marks)
    etag, size_bytes = answer["etag"].strip('"'), source.stat().st_size
    return Output(name, etag, size_bytes, answer["last_modified"], marks, client.url)


@mutation(Blobs, "stored_sha256")
def a_result_is_never_read_back(blobs: Blobs, output: Output, *_: Any) -> str | None:
    return output.metadata.get("sha256")


@mutation(attempt, "deliver")
def a_job_is_completed_before_its_result_is_verified(
    services: Services, claim: Claim, rendition: Any
) -> None:
    digest = sha256_of(rendition.path)
    output = deliver._store(services, claim, rendition, digest)
    deliver._complete(services, claim, output)
    services.results.stored_sha256(output)


@mutation(deliver, "_complete")
def the_upload_goes_before_the_job_is_completed(
    services: Services, claim: Claim, output: Output
) -> None:
    services.uploads.delete(claim.job.blob_name, claim.job.upload_etag)
    _complete(services, claim, output)


@mutation(deliver, "_is_of_this_upload")
def the_result_of_an_older_upload_is_adopted(output: Output, job: Job) -> bool:
    return output.metadata.get("job") == job.key


@mutation(attempt, "adopt")
def a_result_is_adopted_unread(services: Services, claim: Claim) -> bool:
    name = claim.job.processed_blob_name
    output = services.results.get(name) if name else None
    if output is None or not deliver._is_of_this_upload(output, claim.job):
        return False
    deliver._complete(services, claim, output)
    return True


@mutation(deliver, "_announce")
def a_result_is_not_announced(services: Services, claim: Claim, name: str) -> None:
    claim._job = replace(claim._job, processed_blob_name=name)


@mutation(deliver, "_store")
def another_jobs_result_is_replaced(
    services: Services, claim: Claim, rendition: Any, digest: str
) -> Output:
    job, replaces = claim.job, None
    name = deliver.processed_name(job.blob_name, rendition.extension)
    for _ in range(deliver.STORE_TRIES):
        deliver._announce(services, claim, name)
        marks = deliver._marks(job, rendition, digest)
        try:
            return services.results.store(
                Delivery(name, rendition.path, "image/webp", marks), replaces
            )
        except deliver.ResultExistsError:
            replaces = services.results.get(name)
    raise StorageUnavailableError
