"""Keeps a number of jobs open: as one ends, another file is uploaded."""

import contextlib
import threading
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

from azure.core.exceptions import AzureError

from harness.chaos.campaigns import sources
from harness.chaos.campaigns.background import in_background
from harness.chaos.campaigns.rig import Rig

LOOK_EVERY_S = 0.1
STALLED_AFTER_S = 900.0


@dataclass(slots=True)
class Load:
    """Uploads without end; `clip_every` is how many uploads there are to one clip, 0 for none."""

    rig: Rig
    open_jobs: int = 6
    clip_every: int = 8
    uploads: int = 0

    def flowing(self) -> AbstractContextManager[None]:
        """Until the block ends; what is open then goes on."""
        return in_background("load", self._keep_open, self.rig.record.violations)

    def send(self) -> str:
        """One more upload; returns its name."""
        self.uploads += 1
        number = self.uploads + 1_000_000 * self.rig.order.seed
        is_clip = self.clip_every and self.uploads % self.clip_every == 0
        source = sources.clip(number) if is_clip else sources.picture(number)
        return self.rig.upload(f"load/{self.uploads}{source.suffix}", source).name

    def send_all(self) -> None:
        """As many uploads as ordered, as jobs end; raises TimeoutError when none ends for long."""
        order, moved_s = self.rig.order, time.monotonic()
        while self.uploads < order.count:
            if len(self.rig.watcher.open_names()) < self.open_jobs:
                self.send()
                moved_s = time.monotonic()
            elif time.monotonic() - moved_s > STALLED_AFTER_S:
                raise TimeoutError(f"of {self.open_jobs} jobs none ended")
            else:
                time.sleep(LOOK_EVERY_S)
            order.tell(f"{order.name}: {self.uploads} of {order.count} uploads")

    def _keep_open(self, stop: threading.Event) -> None:
        while not stop.wait(LOOK_EVERY_S):
            with contextlib.suppress(AzureError):
                while len(self.rig.watcher.open_names()) < self.open_jobs:
                    self.send()
