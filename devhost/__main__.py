"""Runs a Functions app on this machine: `python -m devhost` stands in for `func start`."""

import argparse
import asyncio
import sys
from pathlib import Path

from devhost import console
from devhost.failure import StartFailure
from devhost.host import run
from devhost.preparation import DEFAULT_QUEUE_LEASE_S, Options


def main() -> int:
    """The exit status: 0 after Ctrl-C, 1 when the app cannot be run."""
    try:
        return asyncio.run(run(parse(sys.argv[1:])))
    except StartFailure as failure:
        console.complain(str(failure))
        return 1


def parse(arguments: list[str]) -> Options:
    """The command line; exits by itself on --help and on nonsense."""
    parser = argparse.ArgumentParser(prog="python -m devhost", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the app's folder (default: .)")
    parser.add_argument("--port", type=int, help="port on 127.0.0.1 (default: 7071)")
    parser.add_argument("--cors", metavar="ORIGINS", help="allowed origins, comma-separated, or *")
    parser.add_argument("--verbose", action="store_true", help="log more of the host's own doing")
    parser.add_argument(
        "--queue-lease-seconds",
        type=int,
        default=DEFAULT_QUEUE_LEASE_S,
        help="for tests: how long a running message stays hidden when the host dies",
    )
    given = parser.parse_args(arguments)
    console.set_verbose(given.verbose)
    return Options(
        root=given.root.resolve(),
        port=given.port,
        cors=given.cors,
        queue_lease_s=given.queue_lease_seconds,
    )


if __name__ == "__main__":
    sys.exit(main())
