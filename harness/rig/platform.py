"""A small learning platform: a server for files, and one that takes what is sent to it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from harness.rig.receiver import Received, Receiver, receiving
from harness.rig.sftp_server import LOOPBACK, PASSWORD, USERNAME, SftpServer, serving_files


@dataclass(frozen=True, slots=True)
class Platform:
    """What it has received, and how a service reaches it."""

    files: SftpServer
    receiver: Receiver

    @property
    def settings(self) -> dict[str, str]:
        """Of the service that is to bring results here."""
        return {
            "SFTP_HOST": LOOPBACK,
            "SFTP_PORT": str(self.files.port),
            "SFTP_USERNAME": USERNAME,
            "SFTP_PASSWORD": PASSWORD,
            "SFTP_HOST_KEY": self.files.pin,
            "CLIENT_CONFIRM_API": f"{self.receiver.url}/confirm",
            "LMS_STORE_URL": f"{self.receiver.url}/store",
            "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
        }

    def came_to(self, path: str) -> list[Received]:
        """The requests to that path, in their order."""
        return [each for each in list(self.receiver.received) if each.path == path]


@contextlib.contextmanager
def platform_running(folder: Path) -> Iterator[Platform]:
    """A platform with its files in the folder, until the block ends."""
    (folder / "public_html").mkdir(parents=True)
    with serving_files(folder) as files, receiving() as receiver:
        yield Platform(files, receiver)


def fields_of(received: Received) -> dict[str, bytes]:
    """What stands in a form, read by the standard library."""
    head = f"Content-Type: {received.headers['content-type']}\r\n\r\n".encode()
    form = message_from_bytes(head + received.body, policy=policy.HTTP)
    return {
        str(part.get_param("name", header="content-disposition")): bytes(
            part.get_payload(decode=True)
        )
        for part in form.iter_parts()
    }
