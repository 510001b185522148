"""Two ways to the account, each through a proxy: the worker's, and the host's."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from devhost.azurite import Ports
from harness.chaos.campaigns.in_worker import ENCODES, PAUSE_S, PREFACE, STORAGE
from harness.chaos.campaigns.rig import OPTIONS
from harness.chaos.faults.proxy import Proxy, proxy
from harness.chaos.faults.rule import Rule
from harness.rig.running import Setup


@dataclass(slots=True)
class Ways:
    """There are proxies while the rig runs."""

    seed: int
    encode_pause_s: float = 0.0  # before each encode: time for something to happen
    account: str = ""  # the connection string past both
    worker: Proxy = field(init=False)
    host: Proxy = field(init=False)
    _encodes: Path = field(init=False)

    def setup(self, settings: dict[str, str], options: tuple[str, ...] = OPTIONS) -> Setup:
        """The rig's setup with these proxies in it."""
        return Setup(settings, PREFACE, options, self.between)

    @contextlib.contextmanager
    def between(self, account: str) -> Iterator[str]:
        """Opens both; the host gets one way, and hands the other to its worker."""
        self.account, ports = account, ports_of(account)
        with (
            tempfile.TemporaryDirectory() as folder,
            proxy(ports, (), self.seed) as self.worker,
            proxy(ports, (), self.seed + 1) as self.host,
        ):
            self._encodes = Path(folder) / "encodes"
            os.environ[STORAGE] = self.worker.storage
            os.environ[ENCODES] = str(self._encodes)
            os.environ[PAUSE_S] = str(self.encode_pause_s)
            yield self.host.storage

    def change(self, rules: Iterable[Rule]) -> None:
        """The same rules for both from now on; none is fine weather."""
        listed = list(rules)
        for each in (self.worker, self.host):
            each.change(listed)

    def begin_outage(self) -> None:
        """For both; every call is reset, and counted."""
        for each in (self.worker, self.host):
            each.begin_outage()

    def end_outage(self) -> None:
        """For both."""
        for each in (self.worker, self.host):
            each.end_outage()

    def encodes(self) -> int:
        """How often the worker has begun to compress a file since the rig runs."""
        return len(self._encodes.read_bytes()) if self._encodes.exists() else 0

    def faults(self) -> dict[str, dict[str, int]]:
        """What both met, by whose way it was."""
        return {"worker": self.worker.ledger.faults(), "host": self.host.ledger.faults()}


def ports_of(account: str) -> Ports:
    """The ports in a connection string of Azurite."""
    parts = dict(part.split("=", 1) for part in account.rstrip(";").split(";"))
    endpoints = (parts[f"{service}Endpoint"] for service in ("Blob", "Queue", "Table"))
    return Ports(*(urlsplit(each).port or 80 for each in endpoints))
