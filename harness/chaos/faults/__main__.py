"""A proxy that makes Azurite as unreliable as you say: `python -m harness.chaos.faults --help`."""

import argparse
import contextlib
import itertools
import signal
import threading

from devhost.azurite import Ports
from harness.chaos.faults.ledger import Ledger
from harness.chaos.faults.proxy import Proxy, proxy
from harness.chaos.faults.rule import parsed_rule

NEWS_EVERY_S = 10.0
EPILOG = """
A rule is a fault, a phase and conditions, in one argument:
  500, 503, 403, 404, 409, 429    an answer with that status and storage's own error body
  reset                           the connection is reset
  delay                           the call or its answer waits (seconds=1)
  truncate, drip                  half of the answer, or all of it slowly (bytes_per_s=1024)
  repeat                          the call is done one to five times (times=5), within seconds=1
  before, after                   storage has not seen the call (default), or has done it
  service=blob|queue|table  method=PUT  path=<regular expression>  p=0.2  nth=3  retry_after=2
The first rule that applies wins. Examples:
  --rule "503 p=0.1 retry_after=2"  --rule "reset after service=table method=PUT p=0.05"
  --rule "truncate after service=blob method=GET path=^uploads/"  --rule "reset after nth=7"

SIGUSR1 begins a total outage, and ends it the next time. Ctrl-C ends the proxy.
"""


def main() -> None:
    """Runs until interrupted, and says what it did."""
    given = _parsed()
    ports = Ports(*(int(port) for port in given.azurite.split(",")))
    over = threading.Event()
    toggled = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: toggled.set())
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    with proxy(ports, given.rule, given.seed) as made, contextlib.suppress(KeyboardInterrupt):
        print(f"AzureWebJobsStorage={made.storage}", flush=True)
        _run(made, over, toggled, given.outage)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m harness.chaos.faults",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--azurite",
        default="10000,10001,10002",
        metavar="PORTS",
        help="of a running Azurite: blob,queue,table (default: 10000,10001,10002)",
    )
    parser.add_argument("--rule", type=parsed_rule, action="append", default=[], help="see below")
    parser.add_argument("--seed", type=int, default=0, help="of all chances (default: 0)")
    parser.add_argument(
        "--outage",
        choices=("reset", "refuse"),
        default="reset",
        help="what a call meets in an outage (default: reset, which is also counted)",
    )
    return parser.parse_args()


def _run(made: Proxy, over: threading.Event, toggled: threading.Event, kind: str) -> None:
    outages = itertools.cycle((True, False))
    for ticks in itertools.count(1):
        if over.wait(1.0):
            return
        if toggled.is_set():
            toggled.clear()
            begins = next(outages)
            made.begin_outage(kind) if begins else made.end_outage()
            print(f"Outage {'begins' if begins else 'ends'}.", flush=True)
        if ticks % NEWS_EVERY_S == 0:
            print(_told(made.ledger), flush=True)


def _told(ledger: Ledger) -> str:
    faults = ", ".join(f"{count} {name}" for name, count in ledger.faults().items())
    return f"{ledger.total()} calls, of which met a fault: {faults or 'none'}"


if __name__ == "__main__":
    main()
