"""Where deliveries of a run lead: to receivers of webhooks, and to the server of a platform."""

import random
from dataclasses import dataclass, replace
from typing import Any

from harness.chaos.simulation.clock import Clock
from harness.chaos.simulation.platform import SETTINGS, Platform
from harness.chaos.simulation.platform import SHARE as PLATFORMS
from harness.chaos.simulation.receivers import SHARE, Receivers
from harness.chaos.simulation.wire import Wire
from integrations.storage_time import StorageTime
from jobs.endpoint import EndpointKind
from lifecycle.services import Services, connect
from settings import Settings


@dataclass(frozen=True, slots=True)
class Destinations:
    """Of most runs there are none, and of some with receivers both."""

    receivers: Receivers | None
    platform: Platform | None

    @property
    def settings(self) -> dict[str, Any]:
        """Of an app that delivers there."""
        if self.receivers is None:
            return {}
        promised = {
            "delivery_hold_hours": self.receivers.hold_hours,
            "delivery_log_days": self.receivers.log_days,
        }
        return promised | (SETTINGS if self.platform else {})

    def connected(self, settings: Settings, clock: Clock) -> Services:
        """A worker's clients, which go by that clock."""
        clock.storage_time = StorageTime(clock)
        services = replace(connect(settings), clock=clock.storage_time)
        if self.receivers is None:
            return services
        webhooks = {EndpointKind.WEBHOOK: self.receivers}
        files = {EndpointKind.SFTP: self.platform} if self.platform else {}
        return replace(services, destinations={**webhooks, **files})


def drawn(wire: Wire, seed: int) -> Destinations:
    """Those of the run with that seed."""
    chance = random.Random(f"receivers {seed}")
    if chance.random() >= SHARE:
        return Destinations(None, None)
    receivers = Receivers(wire, chance)
    receivers.draw()
    wire.history.hold_s = 3600.0 * receivers.hold_hours
    chance = random.Random(f"platform {seed}")
    platform = Platform(wire, chance) if chance.random() < PLATFORMS else None
    return Destinations(receivers, platform)
