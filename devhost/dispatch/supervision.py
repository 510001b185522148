"""Keeps one worker alive: starts another when it is lost, and gives up when that is hopeless."""

import asyncio
import contextlib
import time

from devhost import console
from devhost.dispatch.worker_process import Launch, WorkerProcess
from devhost.failure import StartFailure, WorkerLost

# Starts in a row that never got ready, as many as the genuine host tries.
MAX_FAILED_STARTS = 3
FIRST_DELAY_S = 0.25
MAX_DELAY_S = 8.0
# A worker that lived this long was no part of a crash loop.
STEADY_AFTER_S = 10.0


class Supervisor:
    """The one worker of this host, whichever process it is at the moment."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._worker: WorkerProcess | None = None
        self._ready = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        # Set when no worker will come any more.
        self.gave_up: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def start(self) -> WorkerProcess:
        """Starts the first worker; raises StartFailure.

        A fault of the app's own ends the start at once; a worker that was killed gets successors.
        """
        for attempt in range(1, MAX_FAILED_STARTS + 1):
            worker = WorkerProcess()
            try:
                await worker.start(self._launch)
            except WorkerLost as error:
                if attempt == MAX_FAILED_STARTS:
                    raise StartFailure(str(error)) from error
                console.log(f"The worker did not get ready: {error}")
                await asyncio.sleep(_delay_s(attempt))
            except BaseException:
                await worker.kill()
                raise
            else:
                break
        self._adopt(worker)
        self._watch = asyncio.create_task(self._keep_alive())
        return worker

    async def kill(self) -> None:
        """Ends the worker at once, for good."""
        await self._end_watch()
        if not self.gave_up.done():
            self.gave_up.set_result("The worker was ended.")
        if self._worker is not None:
            await self._worker.kill()

    async def worker(self) -> WorkerProcess:
        """The worker, as soon as one is ready; raises WorkerLost when none will come."""
        while not self.gave_up.done():
            if self._ready.is_set() and self._worker is not None:
                if not self._worker.lost.is_set():
                    return self._worker
                # Lost a moment ago; the next one sets it again.
                self._ready.clear()
            ready = asyncio.ensure_future(self._ready.wait())
            await asyncio.wait((ready, self.gave_up), return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
        raise WorkerLost("There is no worker any more.")

    def abandon(self, invocation_id: str) -> None:
        """Says that the HTTP request of an invocation will not reach the worker."""
        if self._worker is not None:
            self._worker.abandon(invocation_id)

    async def terminate(self) -> None:
        """Tells the worker that the host stops; if it ends by itself, no other one is started."""
        await self._end_watch()
        if self._worker is not None:
            self._worker.terminate()

    async def stop(self) -> None:
        """Ends the worker for good."""
        await self._end_watch()
        if self._worker is not None:
            await self._worker.stop()

    async def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch

    def _adopt(self, worker: WorkerProcess) -> None:
        self._worker = worker
        self._ready.set()
        console.detail(f"Worker process started and initialized. Pid={worker.pid}")

    async def _keep_alive(self) -> None:
        quick_losses = 0
        while self._worker is not None:
            started = time.monotonic()
            await self._worker.lost.wait()
            self._ready.clear()
            pid = self._worker.pid
            await self._worker.kill()
            console.log(f"Language Worker Process exited. Pid={pid}. Starting another.")
            lived_s = time.monotonic() - started
            quick_losses = 0 if lived_s > STEADY_AFTER_S else quick_losses + 1
            if quick_losses > 1:
                await asyncio.sleep(_delay_s(quick_losses - 1))
            await self._replace()

    async def _replace(self) -> None:
        for attempt in range(1, MAX_FAILED_STARTS + 1):
            worker = WorkerProcess()
            try:
                await worker.start(self._launch)
            except (StartFailure, WorkerLost) as error:
                console.log(f"The worker did not get ready: {error}")
                await asyncio.sleep(_delay_s(attempt))
            except BaseException:
                await worker.kill()
                raise
            else:
                self._adopt(worker)
                return
        self._worker = None
        self.gave_up.set_result(
            f"Exceeded language worker restart retry count: {MAX_FAILED_STARTS} starts in a row "
            "did not get ready."
        )


def _delay_s(losses: int) -> float:
    return min(FIRST_DELAY_S * 2.0 ** (losses - 1), MAX_DELAY_S)
