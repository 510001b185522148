"""Serves the host's HTTP side on a loopback port."""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from devhost.failure import StartFailure

ADDRESS = "127.0.0.1"


def reserve(port: int) -> socket.socket:
    """The listening socket of the port; raises StartFailure when it is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        # Listening already here, so that two hosts that start at once cannot both have it.
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise StartFailure(
                f"Port {port} is in use by another program. Close it, or choose another with "
                "--port."
            ) from error
        raise StartFailure(f"Port {port} cannot be used: {error.strerror}.") from error
    return listener


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
