"""Serves the host's HTTP side."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import uvicorn


class Server(uvicorn.Server):
    """uvicorn without its own ideas about signals and logs."""

    def __init__(self, app: Any, grace_s: float) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                # Who is asking is for the functions to find out.
                proxy_headers=False,
                timeout_graceful_shutdown=int(grace_s),
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the host."""
        yield

    async def wait_until_started(self) -> None:
        """Returns when requests are accepted."""
        while not self.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
            await asyncio.sleep(0.005)
