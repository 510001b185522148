"""Takes the host's port before anything else is done."""

import errno
import socket

from devhost.failure import StartFailure

ADDRESS = "127.0.0.1"


def reserve(port: int) -> socket.socket:
    """The listening socket of the port; raises StartFailure when it is taken."""
    # With its protocol named, asyncio turns Nagle's algorithm off; else answers wait for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        # Listening already here: two hosts that start at once must not both have it.
        listener.listen(128)
    except OverflowError as error:
        listener.close()
        raise StartFailure(f"{port} is no port: it must be 0 to 65535.") from error
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise StartFailure(
                f"Port {port} is in use by another program. Close it, or choose another with "
                "--port."
            ) from error
        raise StartFailure(f"Port {port} cannot be used: {error.strerror}.") from error
    return listener
