"""Finds the storage account behind a connection name, as the host's extensions do."""

import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from devhost.app.app_settings import AppSettings
from devhost.failure import StartFailure

STORAGE = "AzureWebJobsStorage"
# Emulators and other servers without a name per account put the account into the path.
EMULATOR_ACCOUNT = "devstoreaccount1"
# Failing fast keeps Ctrl-C quick; the listeners try again anyway.
CLIENT_OPTIONS: dict[str, Any] = {
    "connection_timeout": 5,
    "read_timeout": 60,
    "retry_total": 2,
    "retry_connect": 1,
    "initial_backoff": 1,
    "increment_base": 1,
}


@dataclass(slots=True)
class Connections:
    """The clients of every storage account that the app names; made when first asked for."""

    settings: AppSettings
    blob_services: dict[str, BlobServiceClient] = field(default_factory=dict)
    queue_services: dict[str, QueueServiceClient] = field(default_factory=dict)

    def blobs(self, connection: str) -> BlobServiceClient:
        """The blob service behind a connection name ("" means AzureWebJobsStorage)."""
        if connection not in self.blob_services:
            self.blob_services[connection] = _client(
                BlobServiceClient, "blob", self.settings, connection
            )
        return self.blob_services[connection]

    def queues(self, connection: str) -> QueueServiceClient:
        """The queue service behind a connection name ("" means AzureWebJobsStorage)."""
        if connection not in self.queue_services:
            self.queue_services[connection] = _client(
                QueueServiceClient, "queue", self.settings, connection
            )
        return self.queue_services[connection]

    def is_path_style(self, connection: str) -> bool:
        """Whether the account is an emulator's, which the host scans every two seconds."""
        path = urlsplit(str(self.blobs(connection).url)).path
        return path.strip("/").split("/")[0] == EMULATOR_ACCOUNT


def check_reachable(connections: Connections, connection: str) -> None:
    """Raises StartFailure when the account does not answer or refuses us."""
    quiet_client_logs()
    try:
        blobs, queues = connections.blobs(connection), connections.queues(connection)
        next(iter(blobs.list_containers(results_per_page=1, retry_total=0).by_page()), None)
        next(iter(queues.list_queues(results_per_page=1, retry_total=0).by_page()), None)
    except AzureError as error:
        reason = str(error).splitlines()[0]
        raise StartFailure(
            f"The storage account of '{setting_name(connection)}' does not answer: {reason}"
        ) from error


def setting_name(connection: str) -> str:
    """The name of the setting that a connection name leads to in the end."""
    return STORAGE if connection in ("", "Storage", STORAGE) else connection


def quiet_client_logs() -> None:
    """Keeps the SDK's own chatter off the host's terminal."""
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def _client(kind: Any, service: str, settings: AppSettings, connection: str) -> Any:
    name = connection or "Storage"
    for candidate in (f"AzureWebJobs{name}", name):
        text = settings.connection_string(candidate)
        if text:
            return _from_connection_string(kind, candidate, text)
        url = _service_url(settings, candidate, service)
        if url:
            return kind(url, credential=_credential(settings, candidate), **CLIENT_OPTIONS)
    raise StartFailure(
        f"Storage account connection string '{_described(name)}' does not exist. "
        "Make sure that it is a defined App Setting."
    )


def _from_connection_string(kind: Any, name: str, text: str) -> Any:
    try:
        return kind.from_connection_string(text, **CLIENT_OPTIONS)
    except (ValueError, KeyError) as error:
        raise StartFailure(f"The setting '{name}' is no valid connection string.") from error


def _service_url(settings: AppSettings, name: str, service: str) -> str | None:
    account = settings.get(f"{name}__accountName")
    return (
        settings.get(f"{name}__{service}ServiceUri")
        or settings.get(f"{name}__serviceUri")
        or (f"https://{account}.{service}.core.windows.net" if account else None)
    )


def _credential(settings: AppSettings, name: str) -> Any:
    # Imported here: most local runs use a connection string, and this import takes a while.
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

    if settings.get(f"{name}__credential") == "managedidentity":
        return ManagedIdentityCredential(client_id=settings.get(f"{name}__clientId"))
    return DefaultAzureCredential()


def _described(name: str) -> str:
    return name if name.startswith("AzureWebJobs") else f"AzureWebJobs{name}"
