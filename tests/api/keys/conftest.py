"""The API with managed keys on, and clients of two tenants beside the operator's."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from api.app import create_api
from jobs.caller import Scope
from lifecycle.services import Services
from tests.api.conftest import KEY, connected, served

EVERY_SCOPE = [*Scope]


@dataclass
class Keyring:
    """A server, who runs it, and keys that are made for tests."""

    services: Services
    address: str
    operator: httpx2.Client
    client_with: Callable[[str], httpx2.Client]

    def tenant(self) -> str:
        """A tenant that is new."""
        name = f"t{uuid4().hex[:12]}"
        assert self.operator.post("/api/tenants", json={"name": name}).status_code == 201
        return name

    def make(self, tenant: str | None, scopes: list[Scope], **more: Any) -> dict[str, Any]:
        """A key, as it is shown once."""
        asked = {"name": "of a test", "tenant": tenant, "scopes": scopes, **more}
        answer = self.operator.post("/api/keys", json=asked)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def client(self, tenant: str | None, *scopes: Scope, **more: Any) -> httpx2.Client:
        """Somebody who holds a new key of that tenant; without scopes it may do everything."""
        return self.client_with(self.make(tenant, list(scopes) or EVERY_SCOPE, **more)["key"])


@pytest.fixture(scope="module")
def keyring(storage: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyring]:
    services = connected(storage, tmp_path_factory.mktemp("work"), MANAGED_KEYS=True)
    with served(create_api(services)) as address, ExitStack() as clients:

        def client_with(key: str) -> httpx2.Client:
            headers = {"X-API-Key": key}
            return clients.enter_context(httpx2.Client(base_url=address, headers=headers))

        yield Keyring(services, address, client_with(KEY), client_with)
        services.keys.background.wait()
