"""What the two contracts of learning platforms have in common: statuses and refusals."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.problem import problem_of
from errors import MediaProcessorError
from jobs.job import Job, Status
from lifecycle.transfer_state import TransferState

NOT_FOUND = "not_found"
# These contracts know one status for a file that is not taken, whatever the reason.
STATUS_OF = {413: 400, 415: 400}

# Of a route that takes a form.
REFUSALS = {
    400: "The form, the kind of the file or its size is not as described.",
    401: "No valid key was given.",
    403: "The key is not meant for that.",
    408: "The body came too slowly.",
    409: "A request with this Idempotency-Key is being answered.",
    422: "An option is not known, or the Idempotency-Key was used for another request.",
    429: "Too many files are being received.",
    503: "Storage did not answer.",
}


class ContractRoute(APIRoute):
    """A route whose refusals have the statuses of the contracts; their sentence is in `detail`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that FastAPI makes, and its errors in the contracts' words."""
        handle = super().get_route_handler()

        async def handle_in_old_words(request: Request) -> Response:
            try:
                return await handle(request)
            except MediaProcessorError as error:
                raise problem_of(error, STATUS_OF.get(error.http_status)) from error

        return handle_in_old_words


# Of a job that is completed, by where its file is on its way to its owner.
WORD_OF_STATE = {
    TransferState.BEFORE: Status.PROCESSING.value,
    TransferState.UNCONFIRMED: "db_update_failed",
    TransferState.LOST: "failed: The result could not be brought to its place.",
}


def word_for(job: Job, way: TransferState) -> str:
    """Where the job and its file stand, in a word; or why it failed."""
    if job.failed_at:
        return f"failed: {job.error_message}"
    if way in WORD_OF_STATE:
        return WORD_OF_STATE[way]
    return Status.COMPLETED.value if job.status is Status.EXPIRED else job.status.value
