"""paramiko's client, which also knows how much the server takes in one request."""

from paramiko import SFTPClient
from paramiko.sftp import CMD_EXTENDED

# What every server takes: the protocol asks no more of them.
LEAST_REQUEST_BYTES = 32 * 1024
# No server is asked to take more, whatever it says: each request is in memory as a whole.
MOST_REQUEST_BYTES = 256 * 1024


class LimitsClient(SFTPClient):
    """Importing it takes a quarter of a second: only where a file is sent."""

    def request_bytes(self) -> int:
        """How much to write in one request, by OpenSSH's extension, which other servers refuse.

        Few large requests cost a fraction of many small ones, on both sides.
        """
        try:
            _, answer = self._request(CMD_EXTENDED, "limits@openssh.com")  # type: ignore[attr-defined]
        except TimeoutError:
            raise
        except OSError:
            return LEAST_REQUEST_BYTES
        _most_packet, _most_read, most_write = (answer.get_int64() for _ in range(3))
        # 0 stands for: not said.
        return min(most_write or LEAST_REQUEST_BYTES, MOST_REQUEST_BYTES)
