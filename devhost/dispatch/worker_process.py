"""Starts one worker process and talks to it: the host's end of the channel."""

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devhost import console, ipc
from devhost.failure import StartFailure, WorkerLost

# The genuine host gives a worker this long to start and index.
START_LIMIT_S = 60.0
STOP_LIMIT_S = 3.0
PACKAGE_PARENT = Path(__file__).parents[2]
# The app's folder comes first on the path, as on Azure; devhost's own comes last.
BOOTSTRAP = (
    "import sys; sys.path[:] = [p for p in sys.path if p] + [sys.argv[2]]; "
    "from devhost.worker.main import main; main()"
)


@dataclass(frozen=True, slots=True)
class Launch:
    """What a worker is started with."""

    root: Path
    environ: Mapping[str, str]
    # host.json's logging.logLevel
    log_levels: Mapping[str, str]


class WorkerProcess:
    """One worker, from its start to its end."""

    def __init__(self) -> None:
        # As the worker reported them when it was ready.
        self.functions: list[dict[str, Any]] = []
        # Where the HTTP-streams extension listens; None: the app does not use it.
        self.http_url: str | None = None
        self.lost = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._calls: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._lifeline: int | None = None

    @property
    def pid(self) -> int:
        """The process id; 0 before the start."""
        return self._process.pid if self._process else 0

    async def start(self, launch: Launch) -> None:
        """Returns when the app is indexed.

        Raises StartFailure with the app's own error, WorkerLost when the process just ended.
        """
        reader = await self._spawn(launch)
        try:
            async with asyncio.timeout(START_LIMIT_S):
                report = await ipc.receive(reader)
        except TimeoutError:
            await self.kill()
            raise StartFailure(
                f"The worker did not index the app within {START_LIMIT_S:.0f} s."
            ) from None
        if report is None:
            await self.kill()
            raise WorkerLost("The worker process ended before it had indexed the app.")
        if report["kind"] == "fault":
            await self.kill()
            if report["details"]:
                console.plain(report["details"].rstrip())
            raise StartFailure(f"The app cannot be loaded. {report['message'].rstrip()}")
        self.functions, self.http_url = report["functions"], report["http_url"]
        self._tasks = [
            asyncio.create_task(self._read(reader)),
            asyncio.create_task(self._watch()),
        ]

    async def call(self, message: dict[str, Any]) -> dict[str, Any]:
        """Runs one invocation and returns the worker's reply; raises WorkerLost."""
        if self.lost.is_set() or self._writer is None:
            raise WorkerLost("The worker process is gone.")
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._calls[message["id"]] = reply
        try:
            ipc.send(self._writer, {"kind": "invoke", **message})
            return await reply
        finally:
            self._calls.pop(message["id"], None)

    def abandon(self, invocation_id: str) -> None:
        """Tells the worker that the HTTP request of an invocation will not come."""
        if self._writer is not None and not self.lost.is_set():
            ipc.send(self._writer, {"kind": "abandon", "id": invocation_id})

    def terminate(self) -> None:
        """Tells the app, if it wants to know, that the host stops."""
        if self._writer is not None and not self.lost.is_set():
            ipc.send(self._writer, {"kind": "terminate"})

    async def stop(self) -> None:
        """Lets an idle worker end by itself, and kills it when it does not."""
        if self._writer is not None and not self.lost.is_set():
            ipc.send(self._writer, {"kind": "stop"})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._exited(), STOP_LIMIT_S)
        await self.kill()

    async def kill(self) -> None:
        """Ends the process at once; its own children are left, as on the real host."""
        self._kill()
        await self._exited()
        self._lose()
        for task in self._tasks:
            task.cancel()
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    async def _spawn(self, launch: Launch) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        read_end, self._lifeline = os.pipe()
        start = {
            "socket": theirs.fileno(),
            "lifeline": read_end,
            "root": str(launch.root),
            "log_levels": dict(launch.log_levels),
        }
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                BOOTSTRAP,
                json.dumps(start),
                str(PACKAGE_PARENT),
                cwd=launch.root,
                env=dict(launch.environ),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), read_end),
                # Ctrl-C in the terminal is for the host, which lets running functions finish.
                start_new_session=True,
            )
        os.close(read_end)
        reader, self._writer = await asyncio.open_connection(sock=ours)
        return reader

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while (message := await ipc.receive(reader)) is not None:
            reply = self._calls.get(message["id"])
            if reply is not None and not reply.done():
                reply.set_result(message)
        # A process that closed its socket is of no use any more.
        self._kill()

    async def _watch(self) -> None:
        await self._exited()
        # What it had still said is in the socket's buffer; a moment to read it.
        await asyncio.sleep(0.02)
        self._lose()

    async def _exited(self) -> None:
        if self._process is not None:
            await self._process.wait()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def _lose(self) -> None:
        self.lost.set()
        for reply in self._calls.values():
            if not reply.done():
                reply.set_exception(WorkerLost("The worker process ended during the invocation."))
        if self._writer is not None:
            self._writer.close()
            self._writer = None
