"""Runs the app for development, with Azurite beside it, until Ctrl-C."""

import argparse
import contextlib
import re
import shutil
import sys
import time
from collections.abc import Iterator
from http.client import HTTPException

from devhost.azurite import Azurite, AzuriteError, Ports, answers
from harness.laptop import app, local_settings, pages
from harness.laptop.port import port, refuse_unusable
from harness.laptop.refusal import Refusal
from harness.rig import family
from harness.rig.project import ROOT
from harness.rig.request import request


def main() -> int:
    """Returns the exit status: 0 after Ctrl-C, 1 after a reason not to run."""
    parser = argparse.ArgumentParser(prog="start", description=__doc__)
    parser.add_argument("--port", type=port, default=7071, help="where the app listens (7071)")
    given = parser.parse_args()
    family.interrupt_on_stop_signals()
    family.adopt_orphans()
    try:
        run(given.port)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    except (Refusal, AzuriteError) as reason:
        print(f"start: {reason}", file=sys.stderr)
    except OSError as error:
        print(f"start: {error.filename or 'system'}: {error.strerror}", file=sys.stderr)
    finally:
        family.ignore_stop_signals()
        family.end_family()
    return 1


def run(number: int) -> None:
    """Runs until interrupted; raises Refusal when the app or Azurite cannot start or go on."""
    refuse_unusable(number)
    values = local_settings.ensure(ROOT)
    with contextlib.ExitStack() as stack:
        connection = values.get("AzureWebJobsStorage", "")
        azurite = stack.enter_context(storage(connection))
        let_pages_upload(connection)
        host = stack.enter_context(app.running(command(number), number))
        host.wait_until_running()
        print(try_it(host.url, values.get("API_KEY", "")), flush=True)
        while host.is_alive():
            time.sleep(0.2)
            if azurite and azurite.process.poll() is not None:
                raise Refusal("Azurite ended; see .azurite/azurite.log.")
        raise Refusal("The app ended by itself; the reason is above.")


@contextlib.contextmanager
def storage(connection: str) -> Iterator[Azurite | None]:
    """Azurite while the block runs; None when it runs already or the settings name an account."""
    ports = azurite_ports(connection)
    if ports is None:
        print("Storage: the account that the settings name.")
        yield None
    elif is_azurite(ports):
        print(f"Storage: the Azurite that already runs on port {ports.blob}.")
        yield None
    else:
        with Azurite.started(ROOT / ".azurite", ports) as azurite:
            print(f"Storage: Azurite on port {ports.blob}, its data in .azurite/.")
            yield azurite


def let_pages_upload(connection: str) -> None:
    """Sets what browsers ask for on an emulator; of a real account, says when it is missing."""
    if azurite_ports(connection):
        pages.let_pages_reach(connection)
    elif pages.may_pages_reach(connection) is False:
        print(
            "Storage: the account has no CORS rule; web pages can neither upload by a link nor"
            " fetch results (DEPLOYMENT_GUIDE.md: --client-origin)."
        )


def azurite_ports(connection: str) -> Ports | None:
    """Where the connection string expects Azurite; None when it names a real account."""
    if "usedevelopmentstorage=true" in connection.lower():
        return Ports()
    loopback = dict(
        re.findall(r"(\w+)Endpoint=http://(?:127\.0\.0\.1|localhost):(\d+)/", connection)
    )
    if set(loopback) != {"Blob", "Queue", "Table"}:
        return None
    return Ports(*(int(loopback[service]) for service in ("Blob", "Queue", "Table")))


def is_azurite(ports: Ports) -> bool:
    """Whether Azurite answers on all three ports; raises Refusal when another program does."""
    busy = [each for each in (ports.blob, ports.queue, ports.table) if answers(each)]
    for each in busy:
        if "azurite" not in server_name(each).lower():
            raise Refusal(f"Port {each} is in use by a program that is not Azurite; stop it first.")
    if busy and len(busy) < 3:
        raise Refusal(f"An Azurite without all three services holds port {busy[0]}; stop it first.")
    return bool(busy)


def server_name(number: int) -> str:
    """What the program on this port calls itself in HTTP, or nothing."""
    try:
        return request(f"http://127.0.0.1:{number}/", limit_s=2.0).server
    except (OSError, HTTPException):
        return ""


def command(number: int) -> list[str]:
    """Core Tools if they are there, else our stand-in."""
    if func := shutil.which("func"):
        return [func, "start", "--port", str(number)]
    return app.devhost(number)


def try_it(url: str, key: str) -> str:
    """Three lines to paste into another terminal."""
    return f"""
Try it, from another terminal:
  ./scripts/upload photo.jpg
  curl -H 'X-API-Key: {key}' '{url}/api/status?blob_name=photo.jpg'
  curl '{url}/api/health'
Ctrl-C stops the app and what it started."""


if __name__ == "__main__":
    sys.exit(main())
