"""The port that a program of ours listens on: what the user may ask for, and whether it is free."""

import argparse
import errno
import socket

from harness.laptop.refusal import Refusal

HIGHEST = 65535


def port(text: str) -> int:
    """A port of the command line; argparse shows what is wrong with any other word."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= HIGHEST):
        raise argparse.ArgumentTypeError(f"{text} is not a port: give one from 1 to {HIGHEST}")
    return int(text)


def refuse_unusable(number: int) -> None:
    """Raises Refusal when nothing more can listen on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            if error.errno == errno.EACCES:
                advice = "is for the system's administrator; choose --port from 1024 on"
            else:
                advice = f"is in use ({error.strerror}); stop that program or choose --port"
            raise Refusal(f"Port {number} {advice}.") from error
