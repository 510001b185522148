"""Runs one invocation: with a time limit, and a log line at each end."""

import asyncio
import logging
import time
import uuid

from devhost import console
from devhost.datum import to_wire
from devhost.dispatch.call import Call
from devhost.dispatch.supervision import Supervisor
from devhost.failure import WorkerLost
from devhost.log_levels import LogLevels


class Invoker:
    """Runs functions in the worker."""

    def __init__(
        self, supervisor: Supervisor, time_limit_s: float | None, levels: LogLevels
    ) -> None:
        self._supervisor = supervisor
        self._time_limit_s = time_limit_s
        self._levels = levels
        self._running: set[str] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def run(self, call: Call) -> bool:
        """Runs the function to its end; whether it succeeded."""
        self._running.add(call.invocation_id)
        self._idle.clear()
        try:
            return await self._logged(call)
        finally:
            self._running.discard(call.invocation_id)
            if not self._running:
                self._idle.set()

    async def wait_until_idle(self, limit_s: float) -> bool:
        """Whether all running invocations ended within the limit."""
        try:
            await asyncio.wait_for(self._idle.wait(), limit_s)
        except TimeoutError:
            return False
        return True

    def abandon(self, call: Call) -> None:
        """Says that the HTTP request of a streaming call will not reach the worker."""
        if call.invocation_id in self._running:
            self._supervisor.abandon(call.invocation_id)

    async def _logged(self, call: Call) -> bool:
        name, started = call.function.name, time.monotonic()
        told = [f"Executing 'Functions.{name}' (Reason='{call.reason}', Id={call.invocation_id})"]
        if call.details:
            told.append(f"Trigger Details: {call.details}")
        self._tell(name, logging.INFO, told)
        fault = await self._guarded(call)
        outcome = "Failed" if fault else "Succeeded"
        duration_ms = round((time.monotonic() - started) * 1000)
        how = f"{outcome}, Id={call.invocation_id}, Duration={duration_ms}ms"
        told = [f"Executed 'Functions.{name}' ({how})"]
        if fault:
            told.append(f"Exception while executing function: Functions.{name}. {fault}")
        self._tell(name, logging.ERROR if fault else logging.INFO, told)
        return not fault

    def _tell(self, name: str, level: int, lines: list[str]) -> None:
        """Logs them in the function's category, where host.json asks for that level."""
        if self._levels.allow(f"Function.{name}", level):
            for line in lines:
                console.log(line)

    async def _guarded(self, call: Call) -> str:
        """What went wrong, "" if nothing."""
        try:
            await self._in_worker(call)
        except (_Failed, WorkerLost) as error:
            return f"Result: Failure\n{error}"
        return ""

    async def _in_worker(self, call: Call) -> None:
        worker = await self._supervisor.worker()
        message = {
            "id": call.invocation_id,
            "function": call.function.name,
            "value": call.value and call.value.to_wire(),
            "metadata": to_wire(call.metadata),
            "trace_parent": call.trace_parent or _trace_parent(),
        }
        try:
            # From here on: the start of a worker is nobody's running time.
            async with asyncio.timeout(self._time_limit_s):
                reply = await worker.call(message)
        except TimeoutError:
            # The only way to stop a thread; whatever else runs in the worker fails too.
            await worker.kill()
            raise _Failed(
                f"Timeout value of {self._time_limit_s:g} s was exceeded by function: "
                f"Functions.{call.function.name}. The worker is restarted."
            ) from None
        if not reply["is_success"]:
            raise _Failed(f"Stack: {reply['stack'].rstrip()}")


class _Failed(Exception):
    """The function failed; the message is for the log."""


def _trace_parent() -> str:
    return f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-00"
