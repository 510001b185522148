"""A session with one SFTP server, whose host key is known beforehand."""

import base64
import hashlib
import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errors.deliveries import (
    DeliveryAuthError,
    DeliveryHostKeyError,
    DeliveryTimeoutError,
    DeliveryUnreachableError,
)

if TYPE_CHECKING:
    from paramiko import Channel, PKey, SFTPClient, Transport

    from integrations.sftp_client import LimitsClient

FINGERPRINT = "SHA256:"
CONNECT_LIMIT_S = 5.0
# For one answer of the server; a transfer has many.
ANSWER_LIMIT_S = 15.0
BROKEN = "The server broke the connection off."
# What servers may sign with, by the type of their key.
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")


@dataclass(frozen=True, slots=True)
class SftpServer:
    """Where it is, how it is known, and who we are there."""

    host: str
    port: int
    host_key: str  # a line of known_hosts, or `SHA256:...` as `ssh-keygen -l` prints it
    username: str
    password: str | None
    private_key: str | None  # PEM
    base: str  # the folder in which videos and images have one each
    answer_limit_s: float = ANSWER_LIMIT_S


@contextmanager
def session(server: SftpServer) -> Iterator["LimitsClient"]:
    """A client, until the block ends.

    Raises DeliveryHostKeyError before anything secret is sent, DeliveryAuthError,
    DeliveryTimeoutError, and DeliveryUnreachableError for all else that ends a connection; what the
    server says about files is an OSError.
    """
    from paramiko import SSHException, Transport  # a quarter of a second, only where it is used

    try:
        transport = Transport(_connected(server))
    except (OSError, SSHException):
        raise DeliveryUnreachableError from None
    try:
        with _connection_errors():
            client = _logged_in(transport, server)
        try:
            with _connection_errors():
                yield client
        except OSError:
            # Of a connection that is gone, paramiko says an OSError with a text, as of a file.
            if transport.is_active() and not _channel(client).closed:
                raise
            raise DeliveryUnreachableError(BROKEN) from None
    finally:
        transport.close()


def _connected(server: SftpServer) -> socket.socket:
    """What is written goes at once, or each request would wait for the answer to the last one."""
    connection = socket.create_connection((server.host, server.port), CONNECT_LIMIT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


@contextmanager
def _connection_errors() -> Iterator[None]:
    """What ends the connection is an error of ours; no text of theirs is shown."""
    from paramiko import AuthenticationException, SSHException

    try:
        yield
    except AuthenticationException:
        raise DeliveryAuthError from None
    except TimeoutError:
        raise DeliveryTimeoutError from None
    except (SSHException, EOFError, ConnectionError):
        raise DeliveryUnreachableError(BROKEN) from None


def _logged_in(transport: "Transport", server: SftpServer) -> "LimitsClient":
    from integrations.sftp_client import LimitsClient

    transport.banner_timeout = transport.handshake_timeout = CONNECT_LIMIT_S
    transport.auth_timeout = transport.channel_timeout = CONNECT_LIMIT_S
    options = transport.get_security_options()
    # What seals and signs in one go comes first: it takes half the time.
    options.ciphers = tuple(sorted(options.ciphers, key=lambda name: "gcm" not in name))
    if kinds := _key_kinds(server.host_key):
        options.key_types = kinds
    transport.start_client(timeout=2 * CONNECT_LIMIT_S)
    if not is_pinned(transport.get_remote_server_key(), server.host_key):
        raise DeliveryHostKeyError
    if server.private_key:
        transport.auth_publickey(server.username, read_key(server.private_key))
    else:
        transport.auth_password(server.username, server.password or "", fallback=False)
    client = LimitsClient.from_transport(transport)
    if client is None:
        raise DeliveryUnreachableError
    _channel(client).settimeout(server.answer_limit_s)
    return client


def _channel(client: "SFTPClient") -> "Channel":
    channel = client.get_channel()
    if channel is None:
        raise DeliveryUnreachableError
    return channel


def is_pinned(key: "PKey", pin: str) -> bool:
    """Whether it is the key that was pinned."""
    if pin.startswith(FINGERPRINT):
        print_of_key = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode()
        return pin.removeprefix(FINGERPRINT).rstrip("=") == print_of_key.rstrip("=")
    return key.get_base64() in pin.split()


def read_key(text: str) -> "PKey":
    """A private key without a passphrase, of whichever type; raises DeliveryAuthError."""
    from paramiko import ECDSAKey, Ed25519Key, RSAKey, SSHException

    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text.replace("\\n", "\n").strip() + "\n"))
        except (SSHException, ValueError, IndexError):
            continue
    raise DeliveryAuthError("SFTP_PRIVATE_KEY is not a private key that can be read.")


def _key_kinds(pin: str) -> tuple[str, ...]:
    """Which types of host keys to ask for, so that the server shows the one that was pinned."""
    found = [word for word in pin.split() if word.startswith(("ssh-", "ecdsa-"))]
    if found == ["ssh-rsa"]:
        return RSA_SIGNATURES
    return tuple(found)
