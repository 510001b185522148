"""The API served over a real socket, on a real Azurite."""

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image

from api.app import create_api
from lifecycle.services import Services, connect
from settings import Settings

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
SERVICE_KEY = "1f1e2d3c4b5a69788796a5b4c3d2e1f0"


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


def connected(storage: str, work_dir: Path, **more: object) -> Services:
    """What one process has; both containers are there."""
    settings = Settings(  # type: ignore[call-arg]
        API_KEY=KEY,
        INTERNAL_SERVICE_KEY=SERVICE_KEY,
        AzureWebJobsStorage=storage,
        ENABLE_TEST_ENDPOINT=True,
        WORK_DIR=work_dir,
        **more,
    )
    services = connect(settings)
    services.uploads.create()
    services.results.create()
    return services


@pytest.fixture
def services(storage: str, tmp_path: Path) -> Services:
    return connected(storage, tmp_path / "work")


@pytest.fixture
def client(services: Services) -> Iterator[httpx2.Client]:
    """A client that has the key."""
    with (
        served(create_api(services)) as address,
        httpx2.Client(base_url=address, headers={"X-API-Key": KEY}) as client,
    ):
        yield client


@pytest.fixture
def limited_client(services: Services) -> Iterator[httpx2.Client]:
    """A client of a server that takes images of a megabyte and videos of four."""
    limits = {"ingest_max_image_megabytes": 1, "ingest_max_video_megabytes": 4}
    settings = services.settings.model_copy(update=limits)
    with (
        served(create_api(replace(services, settings=settings))) as address,
        httpx2.Client(base_url=address, headers={"X-API-Key": KEY}, timeout=60) as client,
    ):
        yield client


@pytest.fixture
def service_client(client: httpx2.Client) -> Iterator[httpx2.Client]:
    """A client of the same server that has the second key."""
    headers = {"X-Internal-Service-Key": SERVICE_KEY}
    with httpx2.Client(base_url=client.base_url, headers=headers) as service_client:
        yield service_client


@pytest.fixture
def stranger(client: httpx2.Client) -> Iterator[httpx2.Client]:
    """A client of the same server that has no key."""
    with httpx2.Client(base_url=client.base_url) as stranger:
        yield stranger


@pytest.fixture
def name() -> str:
    """A blob name that no other test uses, and that needs care in an address."""
    return f"ordner/{uuid4().hex} ü #1.png"


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A picture that WebP makes smaller."""
    gradient = Image.radial_gradient("L").resize((320, 240))
    picture = Image.merge("RGB", (gradient, gradient.rotate(90), gradient.rotate(180)))
    with io.BytesIO() as file:
        picture.save(file, "PNG")
        return file.getvalue()
