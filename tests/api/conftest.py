"""The API served over a real socket, on a real Azurite."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from api.app import create_api
from lifecycle.services import Services, connect
from settings import Settings

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@contextmanager
def served(api: FastAPI) -> Iterator[str]:
    """Serves the application on a free loopback port; yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # clients may come before the server has started
        server = uvicorn.Server(uvicorn.Config(api, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def services(storage: str, tmp_path: Path) -> Services:
    settings = Settings(  # type: ignore[call-arg]
        API_KEY=KEY,
        AzureWebJobsStorage=storage,
        ENABLE_TEST_ENDPOINT=True,
        WORK_DIR=tmp_path / "work",
    )
    services = connect(settings)
    services.uploads.create()
    services.results.create()
    return services


@pytest.fixture
def client(services: Services) -> Iterator[httpx2.Client]:
    """A client that has the key."""
    with (
        served(create_api(services)) as address,
        httpx2.Client(base_url=address, headers={"X-API-Key": KEY}) as client,
    ):
        yield client


@pytest.fixture
def stranger(client: httpx2.Client) -> Iterator[httpx2.Client]:
    """A client of the same server that has no key."""
    with httpx2.Client(base_url=client.base_url) as stranger:
        yield stranger


@pytest.fixture
def name() -> str:
    """A blob name that no other test uses, and that needs care in an address."""
    return f"ordner/{uuid4().hex} ü #1.png"
