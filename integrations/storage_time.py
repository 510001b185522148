"""The time by storage's clock, on which machines agree whose own clocks are wrong."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.pipeline import PipelineRequest, PipelineResponse

# A date in an answer has no fraction of a second.
RESOLUTION = timedelta(seconds=1)
ASKED_AT = "mediaprocessor_asked_at"


class StorageTime:
    """Our own time, corrected by what storage's answers say; safe to ask from several threads.

    Leases, retention and retries are compared between machines. A machine whose clock was minutes
    ahead would take jobs from living attempts, and delete results before their time.
    """

    def __init__(self, own_time: Callable[[], datetime]) -> None:
        self._own_time = own_time
        self._storage_is_ahead = timedelta(0)

    def __call__(self) -> datetime:
        """The present moment, aware."""
        return self._own_time() + self._storage_is_ahead

    def learn(self, date: datetime, asked_at: datetime, answered_at: datetime) -> None:
        """Corrects us by an answer of that date; the other two times are our own.

        No more than the answer proves: its date was true at some moment in between, so that a slow
        answer does not mislead us.
        """
        least, most = date - answered_at, date + RESOLUTION - asked_at
        self._storage_is_ahead = min(max(self._storage_is_ahead, least), most)

    def hooks(self) -> dict[str, Any]:
        """What a client of the SDK must be made with for us to learn from its answers."""
        return {"raw_request_hook": self._ask, "raw_response_hook": self._read}

    def _ask(self, request: PipelineRequest[Any]) -> None:
        request.context[ASKED_AT] = self._own_time()

    def _read(self, response: PipelineResponse[Any, Any]) -> None:
        asked_at = response.context.get(ASKED_AT)
        date = response.http_response.headers.get("Date")
        if asked_at is None or date is None:
            return
        try:
            self.learn(parsedate_to_datetime(date).astimezone(UTC), asked_at, self._own_time())
        except ValueError:
            return  # whatever answered, it was not storage
