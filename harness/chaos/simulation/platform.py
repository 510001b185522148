"""A learning platform in a run: it sends pictures in forms, and is brought their results."""

import hashlib
import json
import random
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from harness.chaos.simulation.clients import Clients
from harness.chaos.simulation.far_server import FarServer, Rates
from harness.chaos.simulation.machines import Machines
from harness.chaos.simulation.wire import EPOCH, Wire
from integrations.destinations.destination import DeliveryAnswer, DeliveryAttempt
from integrations.destinations.sftp import Confirmation, SftpDestination
from integrations.outbound_http import Answer, Request
from integrations.sftp_session import SftpServer
from jobs.contract import Contract, IngestRecord
from jobs.door import sent_name
from lifecycle.services import Services

# Of runs in which somebody is told of ends.
SHARE = 0.5
HOST, CONFIRM = "files.example", "https://lms.example/confirm"
PIN = "files.example ssh-ed25519 AAAA"
SETTINGS: dict[str, Any] = {
    "sftp_host": HOST,
    "sftp_username": "media",
    "sftp_password": SecretStr("word"),
    "sftp_host_key": PIN,
    "sftp_base": "/",
    "client_confirm_api": CONFIRM,
}
PREPARED_S = 2.0


@dataclass(slots=True)
class Platform:
    """Stands in for the destination of files: the app's own one, with a server in memory."""

    wire: Wire
    chance: random.Random
    server: FarServer = field(init=False)
    refuses: float = 0.0  # how often it does not take note of a file, while there are faults

    def __post_init__(self) -> None:
        """Draws what goes wrong in this run."""
        chance = self.chance
        rates = Rates(
            cut=chance.choice((0.0, 0.03, 0.1)),
            full=chance.choice((0.0, 0.0, 0.2)),
            kill=chance.choice((0.0, 0.01, 0.04)),
            slow_s=chance.choice((0.05, 1.0, 6.0)),
        )
        self.server = FarServer(self.wire, chance, rates)
        self.server.on_renamed = partial(self._note, "file arrived")
        self.refuses = chance.choice((0.0, 0.3, 1.0))

    def send(self, attempt: DeliveryAttempt) -> DeliveryAnswer:
        """See Destination."""
        place = SftpServer(HOST, 22, PIN, "media", "word", None, "")
        outbound = _Lms(self, attempt)
        return SftpDestination(place, Confirmation(CONFIRM, outbound, ())).send(attempt)  # type: ignore[arg-type]

    def prepare(self, machines: Machines, clients: Clients, end_s: float) -> None:
        """What came in forms is recorded, without any fault; the files come at any time after."""
        scheduler, weather = self.wire.scheduler, self.wire.weather
        names = [
            sent_name("compress", UUID(int=self.chance.getrandbits(128), version=4), "png")
            for _ in range(self.chance.choice((1, 1, 2)))
        ]
        for number, name in enumerate(names):
            record = IngestRecord(Contract.LMS, f"media-{number}", None, name, EPOCH)
            first = machines.all[0]
            scheduler.start(first.worker, "client", partial(_add, first.services, record))
        weather.is_calm = True
        scheduler.run_until(scheduler.now_s + PREPARED_S)
        weather.is_calm = False
        for name in names:
            # Early, so that most of it happens while there are faults.
            spread_s = self.chance.choice((5.0, 60.0, end_s / 2))
            scheduler.at(spread_s * self.chance.random(), partial(clients.put, name))

    def confirm(self, attempt: DeliveryAttempt, path: str) -> Answer:
        """What it says to a confirmation."""
        wire, takes_s = self.wire, self.chance.random()
        is_accepted = wire.weather.is_calm or self.chance.random() >= self.refuses
        wire.who = wire.caller
        wire.note(
            "event sent",
            attempt.delivery.id,
            endpoint=attempt.delivery.endpoint_id,
            attempt_id=attempt.delivery.attempt_id,
            type="job.completed",
            blob_name=None,
            status="completed",
            looked_at=attempt.now,
            until_s=wire.now_s + takes_s,
            is_accepted=is_accepted,
        )
        self._note("file confirmed", path)
        wire.scheduler.sleep(takes_s)
        return Answer(200 if is_accepted else 500, {}, b"", "")

    def _note(self, what: str, path: str) -> None:
        content = self.server.files.get(path)
        sha256 = None if content is None else hashlib.sha256(content).hexdigest()
        self.wire.who = self.wire.caller
        self.wire.note(what, path, sha256=sha256)


@dataclass(frozen=True, slots=True)
class _Lms:
    """The way out of one attempt."""

    platform: Platform
    attempt: DeliveryAttempt

    def send(self, request: Request) -> Answer:
        assert isinstance(request.content, bytes)
        return self.platform.confirm(self.attempt, json.loads(request.content)["filePath"])


def _add(services: Services, record: IngestRecord) -> None:
    services.ingests.add(record)
