"""What tests of transfers may ask for."""

from uuid import uuid4

import pytest

from integrations.storage import blob_service
from settings import Settings

from .files import Shelf


@pytest.fixture
def shelf(settings: Settings) -> Shelf:
    service, name = blob_service(settings), f"results-{uuid4().hex}"
    service.create_container(name)
    return Shelf(service, name)
