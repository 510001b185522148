"""Is the host process: starts the worker, puts the service before it, and takes both apart again.

What the genuine host does and devhost does not:

- One worker process, never more (FUNCTIONS_WORKER_PROCESS_COUNT), and one host per storage account
  and host id: there are no leases on timers or on the detection of blobs.
- No retry policies (`@app.retry`), no dynamic concurrency, no throttling, no HTTP customs such as
  hsts, no telemetry, no file watching: stop and start devhost after a change of the code.
- Triggers: HTTP, queue, blob, timer; HTTP by the FastAPI extension's streams, blobs as clients of
  the SDK. An app with other bindings, or with constraints in its routes, is refused.
- Function keys are not asked for, as with `func start`.
- Every fault of a function's definition ends the start; the genuine host drops that function only.
- `extensions.blobs` has no say in how soon the internal queue is asked: at most 10 s, not 60.
- Blobs: a container is listed as a whole, on every account. A blob is new when it has no receipt;
  the genuine host compares LastModified and can miss a blob that comes in the same second as one it
  has seen. There is no scan of $logs.
- Timers: a schedule is read with the local zone's present offset, without changes of the clock.
- Linux or macOS only.
- An identity connection without `__credential` uses whatever DefaultAzureCredential finds.
- Ctrl-C and SIGTERM are passed on to a worker whose app listens for SIGTERM, as the image's init or
  an orchestrator may do. The genuine host says nothing to Python workers (they do not offer
  HandlesWorkerTerminateMessage), waits for running functions, and kills them in the end.
- Ctrl-C makes the messages of functions that had to be killed visible again; the genuine host
  leaves them hidden until their lease ends.
"""

import asyncio
import contextlib
import importlib
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from devhost import background, console, descendants
from devhost.dispatch.supervision import Supervisor
from devhost.dispatch.worker_process import Launch
from devhost.failure import StartFailure
from devhost.preparation import Options, Setup, prepare, worker_environ

if TYPE_CHECKING:
    from devhost.service import Service

# The SDK's calls wait in threads; a few queues, scans and receipts at once.
STORAGE_THREADS = 32


async def run(options: Options) -> int:
    """Runs the app until Ctrl-C or SIGTERM; returns the exit status. Raises StartFailure."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(STORAGE_THREADS))
    descendants.adopt_orphans()
    setup = prepare(options)
    environ = worker_environ(setup)
    supervisor = Supervisor(Launch(options.root, environ, setup.config.log_levels))
    stopping = _stop_on_signals(supervisor)
    try:
        return await _serve(setup, supervisor, stopping)
    finally:
        await supervisor.stop()
        setup.listener.close()
        # What functions started and did not end, such as an encoder of a killed worker.
        descendants.kill_descendants(os.getpid())


async def _serve(setup: Setup, supervisor: Supervisor, stopping: asyncio.Event) -> int:
    starting = asyncio.create_task(_start(setup, supervisor))
    stopped = background.start(stopping.wait())
    await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError, StartFailure):
            await starting
        return 0
    service = starting.result()
    await asyncio.wait((stopped, supervisor.gave_up), return_when=asyncio.FIRST_COMPLETED)
    has_given_up = supervisor.gave_up.done()
    if has_given_up:
        console.complain(supervisor.gave_up.result())
    else:
        console.log("Shutdown. Running functions may take 10 seconds to end; Ctrl-C ends them now.")
    await service.close()
    return 1 if has_given_up else 0


async def _start(setup: Setup, supervisor: Supervisor) -> "Service":
    # The worker imports the app while we import the SDKs: each takes about a second.
    indexing = asyncio.create_task(supervisor.start())
    try:
        module = await asyncio.to_thread(importlib.import_module, "devhost.service")
        service: Service = module.Service(setup, supervisor)
        worker = await indexing
    except BaseException:
        indexing.cancel()
        with contextlib.suppress(asyncio.CancelledError, StartFailure):
            await indexing
        raise
    try:
        await service.start(worker)
    except BaseException:
        await service.close()
        raise
    return service


def _stop_on_signals(supervisor: Supervisor) -> asyncio.Event:
    """Set by the first Ctrl-C or SIGTERM; a second one kills what still runs."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            background.start(supervisor.kill())
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    return stopping
