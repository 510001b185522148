"""Starts Azurite, the storage emulator, on loopback and waits until it answers."""

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The account that every Azurite has; its key is published by Microsoft and protects nothing.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
PACKAGE_DIR = Path(__file__).parent / "npm"
START_LIMIT_S = 120.0
PORT_TRIES = 3


class AzuriteError(Exception):
    """Azurite cannot be started; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The three loopback ports of one Azurite."""

    blob: int = 10000
    queue: int = 10001
    table: int = 10002


@dataclass(frozen=True, slots=True)
class Azurite:
    """A running Azurite."""

    ports: Ports
    process: subprocess.Popen[bytes]

    @property
    def connection_string(self) -> str:
        """The value for AzureWebJobsStorage."""
        return connection_string(self.ports)

    @classmethod
    @contextlib.contextmanager
    def started(cls, data_dir: Path, ports: Ports | None = None) -> Iterator["Azurite"]:
        """Runs Azurite with its files in `data_dir` until the block ends.

        Without `ports`, free ones are taken. Raises AzuriteError when it is not installed, a port
        is taken, or it does not answer within START_LIMIT_S.
        """
        azurite = launch(data_dir, ports) if ports else launch_anywhere(data_dir)
        try:
            yield azurite
        finally:
            azurite.stop()

    def stop(self) -> None:
        """Ends the process; harmless when it is gone already."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def connection_string(ports: Ports) -> str:
    """The connection string of an Azurite that listens on `ports`."""
    endpoints = {"Blob": ports.blob, "Queue": ports.queue, "Table": ports.table}
    account = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
    return account + "".join(
        f"{service}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};"
        for service, port in endpoints.items()
    )


def free_ports() -> Ports:
    """Three ports that nobody listens on at the moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return Ports(*(each.getsockname()[1] for each in sockets))


def launch_anywhere(data_dir: Path) -> Azurite:
    """Launches on free ports; on others when somebody was quicker to take one of them."""
    for _ in range(PORT_TRIES - 1):
        with contextlib.suppress(AzuriteError):
            return launch(data_dir, free_ports())
    return launch(data_dir, free_ports())


def launch(data_dir: Path, ports: Ports) -> Azurite:
    """Starts Azurite and returns once all three services accept connections."""
    for port in (ports.blob, ports.queue, ports.table):
        if answers(port):
            raise AzuriteError(f"Port {port} is in use by another program.")
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "azurite.log").open("ab") as log:
        # A session of its own: Ctrl-C in the terminal must not stop it before the app has stopped.
        process = subprocess.Popen(
            command(data_dir, ports), stdout=log, stderr=log, start_new_session=True
        )
    azurite = Azurite(ports, process)
    try:
        wait_until_ready(azurite, data_dir)
    except BaseException:
        azurite.stop()
        raise
    return azurite


def command(data_dir: Path, ports: Ports) -> list[str]:
    """The command line, with telemetry off and API versions newer than Azurite's accepted."""
    # Where this machine has no suitable Node.js, scripts/setup puts one beside our Python.
    node = shutil.which("node", path=f"{sys.prefix}/bin") or shutil.which("node")
    main = PACKAGE_DIR / "node_modules/azurite/dist/src/azurite.js"
    if node is None or not main.exists():
        raise AzuriteError("Azurite is not installed: run ./scripts/setup.")
    options = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    options += ["--location", str(data_dir)]
    for service, port in (("blob", ports.blob), ("queue", ports.queue), ("table", ports.table)):
        options += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
    return [*end_with_us(), node, str(main), *options]


def end_with_us() -> list[str]:
    """A prefix that ends the command when we are killed without a chance to stop it.

    Linux ties this to the starting thread, so only the main thread may ask for it.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None or threading.current_thread() is not threading.main_thread():
        return []
    return [setpriv, "--pdeathsig", "TERM"]


def wait_until_ready(azurite: Azurite, data_dir: Path) -> None:
    """Returns when all ports accept connections; raises AzuriteError when that cannot happen."""
    deadline = time.monotonic() + START_LIMIT_S
    ports = azurite.ports
    while not all(answers(port) for port in (ports.blob, ports.queue, ports.table)):
        if azurite.process.poll() is not None or time.monotonic() > deadline:
            raise AzuriteError(f"Azurite did not start; see {data_dir / 'azurite.log'}.")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
