"""A genuine SFTP server on this machine, which can be told to misbehave."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh

LOOPBACK = "127.0.0.1"
USERNAME, PASSWORD = "media", "open-sesame-7"


class SftpServer:
    """Serves a folder to one user; everything but start() may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")  # accepted, too
        self.connections = 0
        self.logins: list[str] = []  # the ways in which somebody tried to log in
        self.is_full = False  # refuses to write
        self.is_silent = False  # never answers a write
        self.cut_after_bytes: int | None = None  # ends the connection, once
        self.written_bytes = 0
        self.largest_write_bytes = 0
        self.open: list[Any] = []  # connections
        self._loop = asyncio.new_event_loop()
        self._acceptor: Any = None

    @property
    def pin(self) -> str:
        """As a line of known_hosts has its key."""
        key = self.host_key.export_public_key().decode().split()
        return f"{LOOPBACK} {key[0]} {key[1]}"

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -lf` prints it."""
        return self.host_key.get_fingerprint()

    def start(self) -> None:
        """Listens, on the port that it had before if it had one."""
        self._do(self._listen())

    def stop(self) -> None:
        """Nobody is there from now on."""
        self._do(self._close())

    def run(self) -> None:
        """Serves until end(); in a thread of its own."""
        self._loop.run_forever()
        self._loop.run_until_complete(_end_all())
        self._loop.close()

    def end(self) -> None:
        """Ends run()."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    def files(self) -> dict[str, bytes]:
        """All that lies there, by its path in the folder."""
        found = (each for each in self.folder.rglob("*") if each.is_file())
        return {str(each.relative_to(self.folder)): each.read_bytes() for each in found}

    def _do(self, call: Any) -> None:
        asyncio.run_coroutine_threadsafe(call, self._loop).result(30)

    async def _listen(self) -> None:
        self._acceptor = await asyncssh.listen(
            LOOPBACK,
            self.port,
            server_host_keys=[self.host_key],
            server_factory=lambda: _Door(self),
            sftp_factory=lambda channel: _Folder(self, channel),
        )
        self.port = self._acceptor.get_port()

    async def _close(self) -> None:
        self.is_silent = False
        await asyncio.sleep(0.1)  # what waited for nothing ends in order
        self._acceptor.close()
        for connection in self.open:
            connection.abort()
        await self._acceptor.wait_closed()


class _Door(asyncssh.SSHServer):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def connection_made(self, conn: Any) -> None:
        self._server.connections += 1
        self._server.open.append(conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._server.logins.append("password")
        return (username, password) == (USERNAME, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._server.logins.append("key")
        known = self._server.client_key.convert_to_public()
        return username == USERNAME and key == known


class _Folder(asyncssh.SFTPServer):
    def __init__(self, server: SftpServer, channel: Any) -> None:
        super().__init__(channel, chroot=str(server.folder).encode())
        self._server = server
        self._channel = channel

    async def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        server = self._server
        if server.is_full:
            raise asyncssh.SFTPFailure("No space left on device")
        while server.is_silent:  # noqa: ASYNC110 -- a test sets it from another thread
            await asyncio.sleep(0.05)
        limit = server.cut_after_bytes
        if limit is not None and server.written_bytes + len(data) > limit:
            server.cut_after_bytes = None
            self._channel.get_connection().abort()
            raise asyncssh.SFTPConnectionLost("cut")
        server.written_bytes += len(data)
        server.largest_write_bytes = max(server.largest_write_bytes, len(data))
        return int(super().write(file_obj, offset, data))  # type: ignore[arg-type]


async def _end_all() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@contextlib.contextmanager
def serving_files(folder: Path) -> Iterator[SftpServer]:
    """A server of that folder until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    server = SftpServer(folder)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    server.start()
    try:
        yield server
    finally:
        server.stop()
        server.end()
        thread.join()
