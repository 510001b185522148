"""What clients do in a run: upload, overwrite, delete and ask."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from harness.chaos.simulation.craft import NATURES, content
from harness.chaos.simulation.host import Host
from harness.chaos.simulation.machines import Machines
from harness.chaos.simulation.wire import Wire
from harness.storage.blobs import UPLOADS, BlobStore
from lifecycle.intake import current_job
from lifecycle.services import Services

# Some of them want the same name for their result: a.webp, processed-b.webp.
NAMES = ("a.png", "a.jpg", "upload-b.png", "processed-b.jpg", "folder/c.gif")

# More than the time that results are kept.
LONGEST_HOLD_S = 1000.0
# After the faults: while results are kept, and when they have expired.
LATE_POLLS_S = (600.0, 2000.0)


@dataclass(slots=True)
class Clients:
    """Everybody outside."""

    wire: Wire
    host: Host
    machines: Machines
    blobs: BlobStore
    rng: random.Random
    metadata: Callable[[], dict[str, str]] = dict  # of the next upload
    versions: int = 0

    def plan(self, end_s: float) -> None:
        """Draws who does what until then; most of it happens early, on top of each other."""
        for name in self.rng.sample(NAMES, self.rng.choice((1, 1, 2, 3))):
            uploads = self.rng.choice((1, 1, 1, 2, 3))
            spread_s = self.rng.choice((5.0, 60.0, end_s))
            for _ in range(uploads):
                self._at(self.rng.random() * spread_s, partial(self.put, name))
            if self.rng.random() < 0.12:
                self._at(self.rng.random() * spread_s, partial(self.delete, name))
            for _ in range(self.rng.choice((0, 0, 0, 1, 2))):
                self._at(self._moment_of_a_sweep(end_s), partial(self.put, name))
            for _ in range(self.rng.choice((0, 0, 1, 3))):
                self._at(self.rng.random() * end_s, partial(self.poll, name))

    def ask_late(self, chance: random.Random, end_s: float) -> None:
        """Some come back long after they uploaded."""
        for name in NAMES:
            self._at(end_s + chance.uniform(*LATE_POLLS_S), partial(self.poll, name))

    def _moment_of_a_sweep(self, end_s: float) -> float:
        """When the older job of the name may just be on its way out."""
        every_s = self.wire.weather.sweep_every_s
        return every_s * self.rng.randint(0, int(end_s / every_s)) + self.rng.uniform(-2, 1)

    def put(self, name: str) -> None:
        """A new file, or a newer one of the same name."""
        weather = self.wire.weather
        self.versions += 1
        (nature,) = self.rng.choices(list(NATURES), weights=list(NATURES.values()))
        blob = self.blobs.put(UPLOADS, name, content(nature, name, self.versions), self.metadata())
        self.wire.who = "client"
        self.blobs.note(UPLOADS, "put", blob, size=blob.size, nature=nature)
        if weather.happens(weather.upload_held):
            now_s = self.wire.scheduler.now_s
            self.blobs.held_until_s[blob.etag] = now_s + self.rng.uniform(0, LONGEST_HOLD_S)
        self.host.expect_upload(name, blob.etag)

    def delete(self, name: str) -> None:
        """The client changed its mind."""
        if blob := self.blobs.blobs(UPLOADS).pop(name, None):
            self.wire.who = "client"
            self.blobs.note(UPLOADS, "deleted", blob)

    def poll(self, name: str) -> None:
        """GET /api/status."""
        if machine := self.machines.free():
            began_s = self.wire.scheduler.now_s

            def ask(services: Services) -> None:
                job = current_job(services, name)
                self.wire.who = "client"
                self.wire.note(
                    "polled",
                    name,
                    began_s=began_s,
                    status=str(job.status) if job else None,
                    upload_etag=job.upload_etag if job else None,
                )

            self.machines.invoke(machine, f"status {name}", ask, lambda is_good: None)

    def _at(self, when_s: float, action: Callable[[], None]) -> None:
        self.wire.scheduler.at(when_s, action)
