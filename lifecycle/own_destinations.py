"""The endpoints that settings make, and the destinations of every kind."""

from collections.abc import Mapping

from integrations.destinations.destination import Destination
from integrations.destinations.push import PushDestination
from integrations.destinations.sftp import Confirmation, SftpDestination
from integrations.destinations.simpi import SimpiDestination
from integrations.destinations.webhook import WebhookDestination
from integrations.outbound_http import OutboundHttp
from integrations.secret_keys import SecretKeys
from integrations.sftp_session import SftpServer
from jobs.endpoint import Endpoint, EndpointKind, by_setting
from jobs.event import EventType
from settings import Settings

ENDS_OF_JOBS = frozenset({EventType.JOB_COMPLETED, EventType.JOB_FAILED})
ONLY_RESULTS = frozenset({EventType.JOB_COMPLETED})


def endpoints_by_settings(settings: Settings) -> tuple[Endpoint, ...]:
    """One of each kind that is set up."""
    found = []
    if settings.sftp_host:
        url = f"sftp://{settings.sftp_host}:{settings.sftp_port}{settings.sftp_base}"
        found.append(by_setting(EndpointKind.SFTP, url, ONLY_RESULTS))
    if settings.lms_store_url:
        found.append(by_setting(EndpointKind.PUSH, settings.lms_store_url, ONLY_RESULTS))
    if settings.simpi_api_base_url:
        found.append(by_setting(EndpointKind.SIMPI, settings.simpi_api_base_url, ENDS_OF_JOBS))
    return tuple(found)


def destinations_by_settings(
    settings: Settings, outbound: OutboundHttp, keys: SecretKeys
) -> Mapping[EndpointKind, Destination]:
    """How endpoints are reached, by their kind."""
    allowed = settings.allowed_networks
    found: dict[EndpointKind, Destination] = {
        EndpointKind.WEBHOOK: WebhookDestination(outbound, keys, allowed),
        EndpointKind.PUSH: PushDestination(outbound, allowed),
    }
    if token := settings.simpi_api_token:
        found[EndpointKind.SIMPI] = SimpiDestination(outbound, token.get_secret_value(), allowed)
    if settings.sftp_host:
        url = settings.client_confirm_api
        confirmation = Confirmation(url, outbound, allowed) if url else None
        found[EndpointKind.SFTP] = SftpDestination(_server(settings), confirmation)
    return found


def _server(settings: Settings) -> SftpServer:
    password, key = settings.sftp_password, settings.sftp_private_key
    return SftpServer(
        host=settings.sftp_host or "",
        port=settings.sftp_port,
        host_key=settings.sftp_host_key or "",
        username=settings.sftp_username or "",
        password=password.get_secret_value() if password else None,
        private_key=key.get_secret_value() if key else None,
        base=settings.sftp_base.rstrip("/"),
    )
