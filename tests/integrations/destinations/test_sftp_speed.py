"""What a connection to an SFTP server is like, so that large files are sent fast."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from asyncssh.sftp import SFTPServerHandler
from paramiko.packet import Packetizer

from harness.rig.sftp_server import serving_files
from integrations import sftp_session
from integrations.sftp_client import LEAST_REQUEST_BYTES, MOST_REQUEST_BYTES

from .files import Shelf
from .sftp_end import SftpEnd

MEGABYTE = 1 << 20


@pytest.fixture
def far_end(tmp_path: Path, shelf: Shelf) -> Iterator[SftpEnd]:
    with serving_files(tmp_path / "remote") as server:
        yield SftpEnd(server, shelf)


def test_a_connection_is_made_for_large_files(far_end: SftpEnd) -> None:
    with sftp_session.session(far_end.place()) as client:
        channel = client.get_channel()
        assert channel is not None
        transport = channel.get_transport()

        assert transport.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert "gcm" in transport.local_cipher


@pytest.mark.parametrize("says_its_limits", [True, False])
def test_a_server_is_sent_as_much_at_once_as_it_says_that_it_takes(
    far_end: SftpEnd, monkeypatch: pytest.MonkeyPatch, says_its_limits: bool
) -> None:
    if not says_its_limits:
        monkeypatch.delitem(SFTPServerHandler._packet_handlers, b"limits@openssh.com")
    attempt = far_end.shelf.attempt(far_end.endpoint, b"x" * MEGABYTE)

    far_end.destination.send(attempt)

    assert far_end.arrived() == [(attempt.delivery.id, "x" * MEGABYTE)]
    most = MOST_REQUEST_BYTES if says_its_limits else LEAST_REQUEST_BYTES
    assert far_end.server.largest_write_bytes == most


def test_keys_may_be_renewed_in_the_midst_of_a_file(
    far_end: SftpEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Packetizer, "REKEY_BYTES", MEGABYTE)
    content = os.urandom(5 * MEGABYTE)
    attempt = far_end.shelf.attempt(far_end.endpoint, content)

    far_end.destination.send(attempt)

    assert far_end.server.files() == {f"videos/{attempt.delivery.id}.mp4": content}
