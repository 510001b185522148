"""/api/uploads: links by which a page or a program puts files into storage by itself."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response

from api.blob_name import given_name, status_url
from api.json_body import body_of, described
from api.key import caller_who_may
from api.problem import GUARDED, problems
from api.status import JobStatus, job_status
from api.upload_models import (
    BlocksToPutTogether,
    BlockThere,
    FilesToUpload,
    Grant,
    Grants,
    UploadState,
)
from errors.requests import ExpiredJobError, UnknownUploadError
from jobs.caller import Caller, Scope
from jobs.job import Job
from jobs.upload_link import BLOCK_BYTES, LinkState, Mode, UploadLink
from lifecycle.links import has_expired
from lifecycle.services import Services
from lifecycle.upload_links import (
    UploadProgress,
    WantedUpload,
    address_of,
    cancel_upload,
    complete_upload,
    make_links,
    upload_progress,
)

# A photo is done in a second or two.
ASK_AGAIN_S = 1
BlobName = Annotated[str | None, Query(description="As the link's grant says.")]
ABOUT_FILES = GUARDED | {
    400: "A file is empty, or its name cannot be used.",
    413: "A file is larger than this service accepts.",
    415: "A file is neither a photo nor a video.",
    422: "The body is not as described, or an option is not known.",
}
ABOUT_ONE = GUARDED | {
    400: "No blob_name was given, or one that no upload can have.",
    404: "No link was made for this name.",
    410: "The link was cancelled, or not used in time; or the job ended and has expired.",
}


def uploads_router(services: Services) -> APIRouter:
    """The routes, guarded by keys that may send files."""
    router = APIRouter(tags=["uploads"])
    may_send = Depends(caller_who_may(services, Scope.INGEST))
    _add_links(router, services, may_send)
    _add_ends(router, services, may_send)
    return router


def _add_links(router: APIRouter, services: Services, may_send: Any) -> None:
    """To ask for links, and how far what came by one is."""

    @router.post(
        "/api/uploads",
        status_code=201,
        openapi_extra=described(FilesToUpload),
        responses=problems(ABOUT_FILES),
    )
    def make_uploads(
        response: Response,
        caller: Annotated[Caller, may_send],
        asked: Annotated[FilesToUpload, Depends(body_of(FilesToUpload))],
    ) -> Grants:
        """Links for one to a hundred files: one right for one name each, for a limited time."""
        response.headers["Cache-Control"] = "no-store"
        wanted = [
            WantedUpload(each.name, each.size, each.type, each.mode, each.options)
            for each in asked.files
        ]
        links = make_links(services, caller, asked.folder.strip("/"), wanted)
        return Grants(files=[_grant(services, link) for link in links])

    @router.get("/api/uploads", responses=problems(ABOUT_ONE))
    def upload_state(
        response: Response, caller: Annotated[Caller, may_send], blob_name: BlobName = None
    ) -> UploadState:
        """What of a file is there, and a fresh link to go on with."""
        response.headers["Cache-Control"] = "no-store"
        return _state(services, upload_progress(services, _name(caller, blob_name)))


def _add_ends(router: APIRouter, services: Services, may_send: Any) -> None:
    """To say that a file is there, or will not come."""

    @router.post(
        "/api/uploads/complete",
        status_code=202,
        openapi_extra=described(BlocksToPutTogether, required=False),
        responses=problems(
            ABOUT_ONE
            | {
                409: "The file is not there yet, or not all of it.",
                422: "The body is not as described.",
            }
        ),
    )
    def upload_complete(
        response: Response,
        caller: Annotated[Caller, may_send],
        asked: Annotated[BlocksToPutTogether, Depends(body_of(BlocksToPutTogether))],
        blob_name: BlobName = None,
    ) -> JobStatus:
        """Says that the file is uploaded: its job begins. May be repeated."""
        job = complete_upload(services, _name(caller, blob_name), asked.blocks)
        return _accepted(services, job, response)

    @router.delete(
        "/api/uploads",
        status_code=204,
        responses=problems(ABOUT_ONE | {409: "The file is there already."}),
    )
    def upload_cancel(caller: Annotated[Caller, may_send], blob_name: BlobName = None) -> None:
        """Ends a link that was not used: what comes by it is refused."""
        cancel_upload(services, _name(caller, blob_name))


def _name(caller: Caller, blob_name: str | None) -> str:
    return given_name(caller, blob_name, UnknownUploadError)


def _grant(services: Services, link: UploadLink) -> Grant:
    address = address_of(services, link)
    is_single = link.mode is Mode.SINGLE
    return Grant(
        blob_name=link.blob_name,
        mode=link.mode,
        upload_url=address.url,
        headers={"x-ms-blob-type": "BlockBlob"} if is_single else {},
        block_size=BLOCK_BYTES,
        expires_at=address.expires_at,
        status_url=status_url(link.blob_name),
        complete_url=f"/api/uploads/complete?blob_name={quote(link.blob_name, safe='')}",
    )


def _state(services: Services, progress: UploadProgress) -> UploadState:
    is_received = progress.state is LinkState.RECEIVED
    return UploadState(
        blob_name=progress.link.blob_name,
        state=progress.state,
        bytes=sum(block.size_bytes for block in progress.blocks),
        size=progress.link.size_bytes,
        blocks=[BlockThere(id=each.id, size=each.size_bytes) for each in progress.blocks],
        grant=None if is_received else _grant(services, progress.link),
    )


def _accepted(services: Services, job: Job, response: Response) -> JobStatus:
    if has_expired(services, job):
        raise ExpiredJobError
    response.headers["Cache-Control"] = "no-store"
    response.headers["Location"] = status_url(job.blob_name)
    response.headers["Retry-After"] = str(ASK_AGAIN_S)
    return job_status(services, job)
