"""An attempt's hold on a row: the lease, the heartbeat that renews it, and the fence.

It does not ask what the row is about, nor whether its status is that of a job at work.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from errors import OverdueError, StorageUnavailableError
from integrations.storage import ONE_TRY, within
from jobs.deadline import LAST_WORD_LIMIT_S, heartbeat_limit_s, heartbeat_pauses_s, is_overdue
from jobs.job import FencedError, Job
from jobs.stage import Stage
from jobs.transitions import with_heartbeat
from lifecycle.services import Services
from worker.background import running
from worker.log import log


class Claim:
    """The claimed row. Every write is compare-and-swap; after the first lost one all raise."""

    def __init__(self, services: Services, job: Job) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._job = job
        self._is_fenced = False
        self._began_s = time.monotonic()
        self._stage = job.stage
        self._progress = job.progress

    @property
    def job(self) -> Job:
        """The row as this attempt last wrote it."""
        return self._job

    @property
    def stage(self) -> str:
        """Where the attempt is; the row learns it with the next heartbeat."""
        return self._stage or ""

    @property
    def age_s(self) -> float:
        """Seconds since the attempt began."""
        return time.monotonic() - self._began_s

    def insist(self, transition: Callable[[Job], Job]) -> Job:
        """As update(), but waits for storage where that does not answer.

        However long the lease is over by then: the row is ours until another attempt claims it.
        Raises StorageUnavailableError when the host would not wait any longer, or not at all.
        """
        try:
            return self.update(transition)
        except StorageUnavailableError:
            services, end_s = self._services, self._began_s + LAST_WORD_LIMIT_S
            log.warning("job of %s: waits for storage to answer", self._job.blob_name)
            call = partial(self.update, transition, **ONE_TRY)
            return services.outage.wait_out(call, services.shutdown, end_s)

    def update(self, transition: Callable[[Job], Job], **options: Any) -> Job:
        """Writes a transition of the row; raises FencedError when somebody else owns it now.

        `options` are the SDK's, for callers in a hurry.
        """
        with self._lock:
            self.check()
            try:
                self._job = self._written(transition, **options)
            except FencedError:
                self._is_fenced = True
                raise
            return self._job

    def _written(self, transition: Callable[[Job], Job], **options: Any) -> Job:
        """A second time when the row only changed by a write whose answer never reached us."""
        jobs = self._services.jobs
        try:
            return jobs.replace(transition(self._job), **options)
        except FencedError:
            stored = jobs.get_by_key(self._job.key, **options)
            if stored is None or not stored.is_held_by(self._job):
                raise
            return jobs.replace(transition(stored), **options)

    def check(self) -> None:
        """Raises FencedError when the job was lost."""
        if self._is_fenced:
            raise FencedError(self._job.blob_name)

    def report(self, stage: Stage, progress: float) -> None:
        """Notes how far the attempt is, for the next heartbeat.

        Raises FencedError when the job was lost, OverdueError when the attempt takes too long, and
        WorkerStoppedError when this process is to end; not while it stores its result, which soon
        ends anyway.
        """
        self.check()
        if is_overdue(self.age_s):
            raise OverdueError
        if stage is not Stage.STORING:
            self._services.shutdown.check()
        self._stage, self._progress = stage, round(progress, 1)

    def heartbeats(self) -> AbstractContextManager[None]:
        """Renews the lease in the background until the block ends."""
        return running(self._beat_until, "heartbeat")

    def _beat_until(self, stop: threading.Event) -> None:
        """However long one hangs, the next is in time; the first at once where the claim did."""
        settings = self._services.settings
        in_time = within(heartbeat_limit_s(settings.lease_s, settings.heartbeat_s))
        claimed_s = (self._services.clock() - self._job.updated_at).total_seconds()
        pauses_s = heartbeat_pauses_s(settings.heartbeat_s)
        pause_s = max(0.0, next(pauses_s) - max(0.0, claimed_s))
        while not stop.wait(pause_s):
            began_s = time.monotonic()
            try:
                self.update(self._renewed, **in_time)
            except FencedError:
                return
            except StorageUnavailableError:
                log.warning("job of %s: a heartbeat was not stored", self._job.blob_name)
            pause_s = max(0.0, began_s + next(pauses_s) - time.monotonic())

    def _renewed(self, job: Job) -> Job:
        """Unchanged when the attempt ended while this heartbeat waited for its turn."""
        if job.lease is None:
            return job
        services = self._services
        return with_heartbeat(job, services.clock(), services.lease, self._stage, self._progress)
