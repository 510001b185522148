"""A server, and the destination that leads there."""

from dataclasses import dataclass, replace
from pathlib import Path

from harness.rig.sftp_server import LOOPBACK, PASSWORD, USERNAME, SftpServer
from integrations import sftp_session
from integrations.destinations.destination import DeliveryAttempt
from integrations.destinations.sftp import Confirmation, SftpDestination
from jobs.endpoint import Endpoint, EndpointKind, by_setting

from .files import Shelf


@dataclass
class SftpEnd:
    """A server, and the destination that leads there."""

    server: SftpServer
    shelf: Shelf
    confirmation: Confirmation | None = None
    limit_s: float = 30.0
    is_secret: str = PASSWORD

    @property
    def endpoint(self) -> Endpoint:
        return by_setting(EndpointKind.SFTP, f"sftp://{LOOPBACK}:{self.server.port}", frozenset())

    def place(self, **changes: object) -> sftp_session.SftpServer:
        known = sftp_session.SftpServer(
            host=LOOPBACK,
            port=self.server.port,
            host_key=self.server.pin,
            username=USERNAME,
            password=PASSWORD,
            private_key=None,
            base="",
            answer_limit_s=self.limit_s,
        )
        return replace(known, **changes)  # type: ignore[arg-type]

    @property
    def destination(self) -> SftpDestination:
        return SftpDestination(self.place(), self.confirmation)

    def attempt(self, text: str) -> DeliveryAttempt:
        return self.shelf.attempt(self.endpoint, text.encode())

    def accept(self) -> None:
        self.server.is_full = self.server.is_silent = False
        self.limit_s = 30.0

    def refuse(self) -> None:
        self.server.is_full = True

    def hang(self) -> None:
        self.server.is_silent, self.limit_s = True, 1.0

    def vanish(self) -> None:
        self.server.cut_after_bytes = 0

    def arrived(self) -> list[tuple[str, str]]:
        found = self.server.files().items()
        return [
            (Path(path).stem, content.decode()) for path, content in found if path[-4:] != "part"
        ]

    def is_touched(self) -> bool:
        return bool(self.server.connections)
