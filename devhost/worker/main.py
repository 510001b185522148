"""Is the worker process: indexes the app once and runs its functions when the host asks.

Started by dispatch/worker_process.py with a socket for messages and a pipe that closes when the
host ends. `def` functions run in a thread pool, `async def` functions on the one event loop.
"""

import asyncio
import contextvars
import json
import os
import signal
import socket
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from devhost import ipc
from devhost.datum import Datum, from_wire
from devhost.descendants import kill_descendants
from devhost.worker import conversion, log, streams
from devhost.worker.context import Context, TraceContext
from devhost.worker.indexing import Indexed, index_app

THREAD_COUNT_LIMIT = 2**31 - 1


def main() -> None:
    """Serves until the host says stop or is gone."""
    start = json.loads(sys.argv[1])
    os.set_inheritable(start["socket"], False)
    os.set_inheritable(start["lifeline"], False)
    threading.Thread(target=_end_with_host, args=(start["lifeline"],), daemon=True).start()
    log.configure(start["log_levels"], sys.stdout)
    connection = socket.socket(fileno=start["socket"])
    asyncio.run(Worker(Path(start["root"])).serve(connection))


def _end_with_host(lifeline: int) -> None:
    """Ends this process and its children as soon as the host is gone, however it ended."""
    os.read(lifeline, 1)
    kill_descendants(os.getpid())
    os._exit(1)


class Worker:
    """The functions of one app and the invocations that run."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._functions: dict[str, Indexed] = {}
        self._broker = streams.RequestBroker()
        self._threads = ThreadPoolExecutor(max_workers=_thread_count())
        self._running: dict[str, asyncio.Task[None]] = {}
        self._listens_for_sigterm = False

    async def serve(self, connection: socket.socket) -> None:
        """Indexes the app, says what was found, then runs what is asked for."""
        reader, writer = await asyncio.open_connection(sock=connection)
        ipc.send(writer, await self._index())
        await writer.drain()
        while (message := await ipc.receive(reader)) is not None and message["kind"] != "stop":
            if message["kind"] == "invoke":
                if self._streams(message["function"]):
                    self._broker.expect(message["id"])
                task = asyncio.create_task(self._invoke(message, writer))
                self._running[message["id"]] = task
            elif message["kind"] == "abandon":
                self._broker.abandon(message["id"])
            elif message["kind"] == "terminate":
                self._tell_the_app()
        # Threads that still run would keep the interpreter from ending; the host waits, then kills.
        self._threads.shutdown(wait=False)

    async def _index(self) -> dict[str, Any]:
        try:
            self._functions = index_app(self._root)
            # The server of HTTP streams will handle it, too.
            self._listens_for_sigterm = callable(signal.getsignal(signal.SIGTERM))
            http_url = await self._broker.start_server() if streams.is_enabled() else None
        except BaseException as error:  # noqa: BLE001 - whatever the app raises at import, SystemExit too
            stack = "" if _says_where(error) else _trace(error).removesuffix(_message(error))
            return {"kind": "fault", "message": _message(error), "details": stack}
        functions = [
            {
                "name": each.name,
                "bindings": each.raw_bindings,
                "has_retry_policy": each.has_retry_policy,
            }
            for each in self._functions.values()
        ]
        return {"kind": "ready", "functions": functions, "http_url": http_url}

    async def _invoke(self, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        invocation_id = message["id"]
        reply: dict[str, Any] = {"is_success": True}
        try:
            await self._run(message)
        except Exception as error:  # noqa: BLE001 - the edge: whatever a function raises
            reply = {"is_success": False, "stack": _trace(error)}
            if self._streams(message["function"]):
                self._broker.respond(invocation_id, error)
        finally:
            del self._running[invocation_id]
        sys.stdout.flush()
        ipc.send(writer, {"kind": "done", "id": invocation_id, **reply})
        await writer.drain()

    async def _run(self, message: dict[str, Any]) -> None:
        function, metadata = self._functions[message["function"]], from_wire(message["metadata"])
        if function.is_http:
            route_params = {name: each.value for name, each in metadata.items()}
            argument = await self._broker.request_of(message["id"], route_params)
        else:
            value = Datum.from_wire(message["value"])
            argument = conversion.decode(function.trigger, value, metadata)
        result = await self._call(function, argument, message)
        if function.is_http:
            self._broker.respond(message["id"], result)
        elif result is not None:
            raise RuntimeError(
                f"function {function.name} without a $return binding returned a non-None value"
            )

    def _tell_the_app(self) -> None:
        """That the host stops, if the app listens for SIGTERM; else nothing happens."""
        if self._listens_for_sigterm:
            signal.raise_signal(signal.SIGTERM)

    def _streams(self, name: str) -> bool:
        # A function may be gone when the app was changed since the host indexed it.
        function = self._functions.get(name)
        return function is not None and function.is_http

    async def _call(self, function: Indexed, argument: object, message: dict[str, Any]) -> Any:
        arguments = {function.trigger.name: argument}
        storage = threading.local()
        storage.invocation_id = message["id"]
        if function.takes_context:
            arguments["context"] = Context(
                message["id"],
                function.name,
                function.directory,
                TraceContext(message["trace_parent"]),
                storage,
            )
        log.running_function.set(function.name)
        if function.is_async:
            return await function.call(**arguments)

        def run() -> Any:
            storage.invocation_id = message["id"]
            return function.call(**arguments)

        scope = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, scope.run, run)


def _thread_count() -> int | None:
    """PYTHON_THREADPOOL_THREAD_COUNT; None leaves Python's own min(32, processors + 4)."""
    text = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
    return int(text) if text.isdigit() and 1 <= int(text) <= THREAD_COUNT_LIMIT else None


def _says_where(error: BaseException) -> bool:
    """Whether the message alone shows what to mend: a place in the code, or a list of faults."""
    return isinstance(error, SyntaxError) or hasattr(error, "faults")


def _message(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error))


def _trace(error: BaseException) -> str:
    """The stack from the app's own code on; ours above it says nothing to the app's author."""
    start = error.__traceback__
    while start is not None and not _is_of_app(start):
        start = start.tb_next
    return "".join(traceback.format_exception(type(error), error, start or error.__traceback__))


def _is_of_app(step: TracebackType) -> bool:
    path = step.tb_frame.f_code.co_filename
    ours = (os.path.dirname(os.path.dirname(__file__)), os.path.dirname(os.__file__), "<frozen")  # noqa: PTH120
    return not path.startswith(ours) or "site-packages" in path


if __name__ == "__main__":
    main()
