"""What the owners of webhooks do in a run: make them, disable and delete them, ask once more."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from errors import PermanentError
from harness.chaos.simulation.machines import Machines
from harness.chaos.simulation.receivers import ADDRESSES, Receivers
from harness.chaos.simulation.wire import EPOCH, Wire
from jobs.endpoint import Endpoint
from jobs.event import SUBSCRIBABLE, EventType
from jobs.signing import SigningSecret
from lifecycle.deliveries import recover
from lifecycle.endpoints import Change, change_endpoint, create_endpoint, delete_endpoint, ping
from lifecycle.services import Services

# Time enough for the list of endpoints to be stored before the first upload.
PREPARED_S = 2.0
FAILURES_ONLY = frozenset({EventType.JOB_FAILED})


@dataclass(slots=True)
class Subscribers:
    """Everybody who has the key."""

    wire: Wire
    machines: Machines
    receivers: Receivers
    chance: random.Random

    def prepare(self) -> None:
        """Webhooks that are there before anything happens, without any fault on their way."""
        scheduler, weather = self.wire.scheduler, self.wire.weather
        services = self.machines.all[0].services
        count = self.chance.choice((0, 1, 1, 2))
        for number, address in enumerate(ADDRESSES[:count]):
            wanted = self.chance.choice((SUBSCRIBABLE, SUBSCRIBABLE, FAILURES_ONLY))
            name = f"wh_{number}"
            new = Endpoint(name, address, wanted, EPOCH, SigningSecret(name))
            scheduler.start(self.machines.all[0].worker, "client", partial(_put, services, new))
        weather.is_calm = True
        scheduler.run_until(PREPARED_S)
        weather.is_calm = False

    def metadata(self) -> dict[str, str]:
        """Of an upload: some name an address of their own."""
        if self.chance.random() < 0.3:
            return {"mp_webhook": self.chance.choice(ADDRESSES[2:])}
        return {}

    def plan(self, end_s: float) -> None:
        """Draws who does what until then."""
        for act in (self._create, self._disable, self._enable, self._delete, self._recover):
            if self.chance.random() < 0.15:
                self._at(end_s * self.chance.random(), act)
        if self.chance.random() < 0.2:
            self._at(end_s * self.chance.random(), self._ping)

    def _create(self) -> None:
        address = self.chance.choice(ADDRESSES)
        self._ask("create", lambda services: create_endpoint(services, address, SUBSCRIBABLE, ""))

    def _disable(self) -> None:
        change = Change(is_enabled=False)
        self._of_first("disable", lambda services, name: change_endpoint(services, name, change))

    def _enable(self) -> None:
        change = Change(is_enabled=True)
        self._of_first("enable", lambda services, name: change_endpoint(services, name, change))

    def _delete(self) -> None:
        self._of_first("delete", delete_endpoint)

    def _recover(self) -> None:
        self._of_first("recover", lambda services, name: recover(services, name, EPOCH))

    def _ping(self) -> None:
        self._of_first("ping", ping)

    def _of_first(self, name: str, act: Callable[[Services, str], object]) -> None:
        self._ask(name, lambda services: act(services, "wh_0"))

    def _ask(self, name: str, act: Callable[[Services], object]) -> None:
        def work(services: Services) -> None:
            with suppress(PermanentError):  # such as that there is no such webhook
                act(services)

        if machine := self.machines.free():
            self.machines.invoke(machine, f"{name} webhook", work, lambda is_good: None)

    def _at(self, when_s: float, action: Callable[[], None]) -> None:
        self.wire.scheduler.at(when_s, action)


def _put(services: Services, endpoint: Endpoint) -> None:
    services.endpoint_table.put(endpoint)
