"""GET /api/health: does the service work, said without telling anybody what it is made of."""

import threading
import time
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.schema import ALWAYS_SENT
from lifecycle.health import Part, PartsHealth, check_parts
from lifecycle.services import Services
from version import VERSION

# The route is public: whoever asks more often gets the last answer, and costs us nothing.
REMEMBERED_S = 5.0
# So long an answer is waited for, which comes in a fraction of it when all is well. Whoever asks
# later than that gets the last one at once: storage that hangs holds no thread of the API.
PATIENCE_S = 3.0
# An answer that old says nothing of now: a part that has not answered since is not there.
LONGEST_REMEMBERED_S = 30.0


class Health(BaseModel):
    """Whether the parts that a job needs answer."""

    model_config = ALWAYS_SENT

    status: Literal["healthy", "unhealthy"] = Field(description="healthy when every part is ok.")
    storage: Part = Field(description="Whether the storage account answers.")
    ffmpeg: Part = Field(description="Whether the programs and libraries for media work.")
    work_dir: Part = Field(description="Whether there is a place to work with room in it.")
    decoder: Part = Field(description="Whether the process that decodes images answers.")
    version: str = Field(default=VERSION, description="Of this service.")


class HealthCheck:
    """Asks the parts at most once every REMEMBERED_S, in one thread, however long they take."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._answered = threading.Condition(self._lock)
        self._is_asking = False
        self._asked_s = 0.0
        self._last: PartsHealth | None = None
        self._last_s = 0.0

    def health(self) -> Health:
        """The last known health, which is found out anew meanwhile where it is older."""
        with self._lock:
            is_first = self._age_s() > REMEMBERED_S and not self._is_asking
            if is_first:
                self._is_asking, self._asked_s = True, time.monotonic()
                threading.Thread(target=self._ask, name="health", daemon=True).start()
            if is_first or self._last is None:
                left_s = self._asked_s + PATIENCE_S - time.monotonic()
                self._answered.wait_for(lambda: not self._is_asking, max(0.0, left_s))
            return _health(self._last if self._age_s() <= LONGEST_REMEMBERED_S else None)

    def _age_s(self) -> float:
        return time.monotonic() - self._last_s if self._last else float("inf")

    def _ask(self) -> None:
        parts = None
        try:
            parts = check_parts(self._services)
        finally:
            with self._lock:
                self._is_asking = False
                if parts:
                    self._last, self._last_s = parts, time.monotonic()
                self._answered.notify_all()


def _health(parts: PartsHealth | None) -> Health:
    if parts is None:
        parts = PartsHealth(*[Part.UNKNOWN] * 4)
    return Health(
        status="healthy" if parts.is_healthy else "unhealthy",
        storage=parts.storage,
        ffmpeg=parts.ffmpeg,
        work_dir=parts.work_dir,
        decoder=parts.decoder,
    )


def health_router(services: Services) -> APIRouter:
    """The route; answers 200 when healthy and 503 when not, with the same body."""
    router = APIRouter(tags=["health"])
    check = HealthCheck(services)

    @router.get("/health", name="health_bare", responses={503: {"model": Health}})
    @router.get("/api/health", responses={503: {"model": Health}})
    def health(response: Response) -> Health:
        """Public. Says whether all is there that a job needs."""
        state = check.health()
        response.status_code = 200 if state.status == "healthy" else 503
        response.headers["Cache-Control"] = "no-store"
        return state

    return router
