"""Measures a file of 500 MB brought to an SFTP server against `sftp`, and the memory it takes."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from azure.storage.blob import BlobServiceClient

from devhost.azurite import Azurite
from harness.result import Conditions, Figure, Result, Table, keep
from harness.rig.project import ROOT
from harness.rig.sftp_server import LOOPBACK, PASSWORD, USERNAME, SftpServer, serving_files

MEGABYTE = 1 << 20
LEAST_SHARE, MOST_RSS_MB = 0.60, 80.0
CONTAINER, LIMIT_S = "processed", 1800
# The transfer as the worker makes it, in a process of its own so that its memory can be read.
OURS = """
import sys, time
from integrations.storage import blob_service
from settings import Settings
from integrations.destinations.sftp import _send_file
from integrations.destinations.destination import DeliveryAttempt, Parcel
from integrations.sftp_session import SftpServer, session
from integrations.stored_content import StoredContent
from types import SimpleNamespace
storage, name, port, pin, username, password = sys.argv[1:]
settings = Settings(API_KEY="measured-0123456789", AzureWebJobsStorage=storage)
client = blob_service(settings).get_blob_client("{container}", name)
facts = client.get_blob_properties()
content = StoredContent(client, facts.etag.strip('"'), facts.size)
server = SftpServer("{host}", int(port), pin, username, password, None, "")
attempt = SimpleNamespace(delivery=SimpleNamespace(attempts=1), check=lambda: None)
def peak():
    return next(l.split()[1] for l in open("/proc/self/status") if l.startswith("VmHWM"))
with session(server) as sftp:
    before = peak()
    began = time.monotonic()
    _send_file(sftp, attempt, Parcel(content, name, "media"), "/videos/" + name)
    print(time.monotonic() - began, before, peak())
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same file, both ways."""

    ours_s: float
    sftp_s: float
    peak_mb: float  # of the process that sends
    before_mb: float  # what it had before the first byte


def main() -> None:
    """Measures and prints; see --help."""
    parser = argparse.ArgumentParser(prog="bench transfers", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500, help="of the file (500)")
    parser.add_argument("--pairs", type=int, default=3, help="by each way (3)")
    parser.add_argument("--keep", action="store_true", help="write results/transfers.json")
    given = parser.parse_args()
    conditions = Conditions.now()
    with tempfile.TemporaryDirectory(prefix="bench-transfers-") as scratch:
        folder = Path(scratch)
        with (
            Azurite.started(folder / "azurite") as azurite,
            serving_files(folder / "far") as server,
        ):
            source = folder / "source"
            name = stored(azurite.connection_string, source, given.megabytes)
            pairs = []
            for number in range(given.pairs):
                pairs.append(measured(azurite.connection_string, server, name, source))
                print(f"pair {number + 1} of {given.pairs}", file=sys.stderr, flush=True)
    command = f"./scripts/bench transfers --megabytes {given.megabytes} --pairs {given.pairs}"
    keep(result(pairs, given.megabytes, command), conditions, to_files=given.keep)


def stored(storage: str, source: Path, megabytes: int) -> str:
    """Writes a file of noise, and the same as a result in storage; returns the result's name."""
    with source.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(MEGABYTE))
    name = f"{uuid4()}.mp4"
    with BlobServiceClient.from_connection_string(storage) as service:
        service.create_container(CONTAINER)
        with source.open("rb") as file:
            service.get_blob_client(CONTAINER, name).upload_blob(file, max_concurrency=2)
    return name


def measured(storage: str, server: SftpServer, name: str, source: Path) -> Pair:
    """Ours, then `sftp`; what arrived is compared, and removed."""
    program = OURS.replace("{container}", CONTAINER).replace("{host}", LOOPBACK)
    words = [storage, name, str(server.port), server.pin, USERNAME, PASSWORD]
    said = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        timeout=LIMIT_S,
    ).stdout.split()
    compare(server.folder / "videos" / name, source)
    ours_s, before, peak = float(said[0]), float(said[1]) / 1024, float(said[2]) / 1024
    return Pair(ours_s, plain_s(server, source), peak, before)


def plain_s(server: SftpServer, source: Path) -> float:
    """Seconds that OpenSSH's own client takes, its connection included."""
    key = source.with_name("client-key")
    key.unlink(missing_ok=True)
    key.write_bytes(server.client_key.export_private_key())
    key.chmod(0o600)
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
    words = [word for option in options for word in ("-o", option)]
    began_s = time.monotonic()
    subprocess.run(
        [
            "sftp",
            "-q",
            "-b",
            "-",
            "-i",
            key,
            *words,
            "-P",
            str(server.port),
            f"{USERNAME}@{LOOPBACK}",
        ],
        input=f"put {source} plain\n".encode(),
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=LIMIT_S,
    )
    took_s = time.monotonic() - began_s
    compare(server.folder / "plain", source)
    return took_s


def compare(arrived: Path, source: Path) -> None:
    """Raises when the two differ; removes the first."""
    subprocess.run(["cmp", arrived, source], check=True)
    arrived.unlink()


def result(pairs: list[Pair], megabytes: int, command: str) -> Result:
    """The figures with their details."""
    share = statistics.median(pair.sftp_s / pair.ours_s for pair in pairs)
    peak = max(pair.peak_mb for pair in pairs)
    growth = max(pair.peak_mb - pair.before_mb for pair in pairs)
    return Result(
        name="transfers",
        title=f"A result of {megabytes} MB brought to an SFTP server",
        command=command,
        figures=[
            Figure(
                "speed beside `sftp`", f"{share:.2f}", f">= {LEAST_SHARE}", share >= LEAST_SHARE
            ),
            Figure(
                "most memory", f"{peak:.0f} MB", f"<= {MOST_RSS_MB:.0f} MB", peak <= MOST_RSS_MB
            ),
            Figure("of it for the transfer", f"{growth:.0f} MB"),
        ],
        tables=[
            Table(
                "Each pair",
                ["ours", "`sftp`", "most memory"],
                [[f"{p.ours_s:.1f} s", f"{p.sftp_s:.1f} s", f"{p.peak_mb:.0f} MB"] for p in pairs],
            )
        ],
        notes=[
            (
                "Ours reads the result from storage in pieces, `sftp` a file. Both end at the "
                "same server (asyncssh) on the same cores, and what arrived is compared."
            ),
            "Memory is the kernel's high-water mark of a process that does nothing else.",
        ],
        samples={"pairs": [[p.ours_s, p.sftp_s, p.peak_mb, p.before_mb] for p in pairs]},
    )


if __name__ == "__main__":
    main()
