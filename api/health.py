"""GET /api/health: does the service work, said without telling anybody what it is made of."""

import threading
import time
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from lifecycle.health import check_parts
from lifecycle.services import Services
from version import VERSION

# The route is public: whoever asks more often gets the last answer, and costs us nothing.
REMEMBERED_S = 5.0


class Health(BaseModel):
    """Whether the parts that a job needs answer."""

    status: Literal["healthy", "unhealthy"]
    storage: Literal["ok", "unavailable"]
    ffmpeg: Literal["ok", "unavailable"]
    version: str = VERSION


class HealthCheck:
    """Asks storage and ffmpeg at most once every REMEMBERED_S."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._last: Health | None = None
        self._asked_at = 0.0

    def health(self) -> Health:
        """The present health, or one that is at most REMEMBERED_S old."""
        with self._lock:
            if self._last is None or time.monotonic() - self._asked_at > REMEMBERED_S:
                self._last = self._ask()
                self._asked_at = time.monotonic()
            return self._last

    def _ask(self) -> Health:
        parts = check_parts(self._services)
        return Health(
            status="healthy" if parts.is_healthy else "unhealthy",
            storage="ok" if parts.storage_answers else "unavailable",
            ffmpeg="ok" if parts.ffmpeg_works else "unavailable",
        )


def health_router(services: Services) -> APIRouter:
    """The route; answers 200 when healthy and 503 when not, with the same body."""
    router = APIRouter(tags=["health"])
    check = HealthCheck(services)

    @router.get("/health", name="health_bare", responses={503: {"model": Health}})
    @router.get("/api/health", responses={503: {"model": Health}})
    def health(response: Response) -> Health:
        """Public. Says whether storage and ffmpeg answer."""
        state = check.health()
        response.status_code = 200 if state.status == "healthy" else 503
        response.headers["Cache-Control"] = "no-store"
        return state

    return router
