"""Does calls again that were done: what a network, or a client without an answer, may do."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.proxy.http_wire import HEAD_LIMIT_BYTES, LOOPBACK, read_head


@dataclass(slots=True)
class Repeater:
    """Each repetition goes to Azurite on a connection of its own, in its own time."""

    done: int = 0  # repetitions that storage has answered
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def waiting(self) -> int:
        """Repetitions that are still to come."""
        return len(self._tasks)

    def repeat(self, port: int, call: bytes, pauses_s: Iterable[float]) -> None:
        """Sends the whole call once more after each pause; a signature is good for minutes."""
        for pause_s in pauses_s:
            task = asyncio.create_task(self._again(port, call, pause_s))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _again(self, port: int, call: bytes, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        reader, writer = await asyncio.open_connection(LOOPBACK, port, limit=HEAD_LIMIT_BYTES)
        try:
            writer.write(call)
            await read_head(reader)
            self.done += 1
        finally:
            writer.close()
