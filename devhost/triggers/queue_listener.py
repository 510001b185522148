"""Drives one queue: fetches batches, keeps messages hidden while they run, decides their end."""

import asyncio
import base64
import binascii
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueMessage

from devhost import background, console

# The host's own figures: QueuePollingIntervals, RandomizedExponentialBackoffStrategy.
MIN_POLLING_INTERVAL_S = 0.1


@dataclass(frozen=True, slots=True)
class Policy:
    """How one queue is driven."""

    batch_size: int
    new_batch_threshold: int
    max_polling_interval_s: float
    # Hidden for so long after a failure.
    visibility_timeout_s: float
    max_dequeue_count: int
    is_base64: bool
    # Hidden for so long while it runs; renewed at half time.
    lease_s: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it was received, its body decoded."""

    message: QueueMessage
    body: bytes


Handler = Callable[[Delivery], Awaitable[bool]]


class QueueListener:
    """Hands every message of a queue to a handler until stopped."""

    def __init__(
        self,
        queue: QueueClient,
        poison_of: Callable[[QueueMessage], QueueClient] | None,
        policy: Policy,
        handler: Handler,
    ) -> None:
        self._queue = queue
        # None: messages that fail for good are left hidden, as for a queue named *-poison.
        self._poison_of = poison_of
        self._policy = policy
        # Returns whether the message is done with.
        self._handler = handler
        self._running: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._backoff = Backoff(policy.max_polling_interval_s)

    def wake(self) -> None:
        """Ends an idle pause: somebody in this process has just sent a message."""
        self._wake.set()

    def stop(self) -> None:
        """Makes `listen` fetch no more."""
        self._stopping.set()
        self._wake.set()

    async def listen(self) -> None:
        """Fetches and dispatches until stopped, and until what runs then has ended."""
        while not self._stopping.is_set():
            self._wake.clear()
            messages = await self._receive()
            for message in messages:
                # Fetched while we were being stopped: give it back instead of hiding it for long.
                handle = self._process if not self._stopping.is_set() else self._give_back
                task = background.start(handle(message))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            await self._wait_for_room()
            pause_s = self._backoff.next_pause_s(has_found=bool(messages))
            if pause_s and not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause_s)
        if self._running:
            await asyncio.wait(self._running)

    async def _wait_for_room(self) -> None:
        stopping = asyncio.ensure_future(self._stopping.wait())
        while len(self._running) > self._policy.new_batch_threshold and not stopping.done():
            await asyncio.wait({*self._running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def _receive(self) -> list[QueueMessage]:
        try:
            return await asyncio.to_thread(self._receive_batch)
        except ResourceNotFoundError:
            # A queue that is not there yet is none of our business.
            return []
        except AzureError as error:
            console.log(f"The queue '{self._queue.queue_name}' cannot be read: {_line(error)}")
            return []

    def _receive_batch(self) -> list[QueueMessage]:
        # by_page: the SDK's plain iterator goes on asking until the queue is empty.
        pages = self._queue.receive_messages(
            messages_per_page=self._policy.batch_size, visibility_timeout=self._policy.lease_s
        ).by_page()
        return list(next(pages, []))

    async def _process(self, message: QueueMessage) -> None:
        try:
            await self._decide(message)
        except AzureError as error:
            # Gone or changed behind our back: the function deleted it, or it came back already.
            console.log(
                f"Message {message.id} of '{self._queue.queue_name}' could not be settled: "
                f"{_line(error)}"
            )

    async def _give_back(self, message: QueueMessage) -> None:
        with contextlib.suppress(AzureError):
            await self._hide(message, 0)

    async def _decide(self, message: QueueMessage) -> None:
        count = int(message.dequeue_count or 0)
        if count > self._policy.max_dequeue_count:
            await self._bury(message)
            return
        body = decode_body(message.content, is_base64=self._policy.is_base64)
        if body is None:
            console.log(
                f"Message {message.id} of '{self._queue.queue_name}' is not base64-encoded."
            )
            await self._bury(message)
            return
        if await self._handle_renewing(Delivery(message, body)):
            await asyncio.to_thread(self._queue.delete_message, message.id, message.pop_receipt)
        elif self._poison_of is not None and count >= self._policy.max_dequeue_count:
            await self._bury(message)
        elif self._poison_of is not None:
            await self._hide(message, int(self._policy.visibility_timeout_s))

    async def _handle_renewing(self, delivery: Delivery) -> bool:
        renewal = asyncio.create_task(self._renew(delivery.message))
        try:
            return await self._handler(delivery)
        except AzureError as error:
            console.log(f"Message {delivery.message.id} could not be run: {_line(error)}")
            return False
        finally:
            renewal.cancel()
            # An update under way changes the pop receipt: let it end before the next one.
            with contextlib.suppress(asyncio.CancelledError):
                await renewal

    async def _renew(self, message: QueueMessage) -> None:
        while True:
            await asyncio.sleep(self._policy.lease_s / 2)
            update = asyncio.ensure_future(self._hide(message, self._policy.lease_s))
            try:
                await asyncio.shield(update)
            except asyncio.CancelledError:
                await asyncio.wait((update,))
                raise
            except AzureError as error:
                console.log(f"Message {message.id} could not be kept hidden: {_line(error)}")

    async def _hide(self, message: QueueMessage, seconds: int) -> None:
        updated = await asyncio.to_thread(
            self._queue.update_message,
            message.id,
            message.pop_receipt,
            visibility_timeout=seconds,
        )
        message.pop_receipt = updated.pop_receipt

    async def _bury(self, message: QueueMessage) -> None:
        if self._poison_of is None:
            return
        poison = self._poison_of(message)
        console.log(
            f"Message has reached MaxDequeueCount of {self._policy.max_dequeue_count}. "
            f"Moving message to queue '{poison.queue_name}'."
        )
        await asyncio.to_thread(send_creating, poison, message.content)
        await asyncio.to_thread(self._queue.delete_message, message.id, message.pop_receipt)


class Backoff:
    """How long an idle queue is left alone: quickly at first, then ever more slowly."""

    def __init__(self, max_pause_s: float) -> None:
        self._max_pause_s = max_pause_s
        self._empty_polls = 0
        self._pause_s = MIN_POLLING_INTERVAL_S

    def next_pause_s(self, *, has_found: bool) -> float:
        """The pause after a poll."""
        if has_found:
            self._empty_polls, self._pause_s = 0, MIN_POLLING_INTERVAL_S
            return 0.0
        self._empty_polls += 1
        if self._empty_polls > 1 and self._pause_s < self._max_pause_s:
            growth = random.uniform(0.8, 1.2) * 2 ** (self._empty_polls - 2)  # noqa: S311 - jitter
            self._pause_s = min(MIN_POLLING_INTERVAL_S * (1 + growth), self._max_pause_s)
        return min(self._pause_s, self._max_pause_s)


def decode_body(content: str, *, is_base64: bool) -> bytes | None:
    """The body of a message, or None when it is not the base64 it should be."""
    if not is_base64:
        return content.encode()
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _line(error: AzureError) -> str:
    return str(error).splitlines()[0]


def send_creating(queue: QueueClient, text: str) -> None:
    """Sends a message as it is, creating the queue when there is none."""
    try:
        queue.send_message(text)
    except ResourceNotFoundError:
        with contextlib.suppress(ResourceExistsError):
            queue.create_queue()
        queue.send_message(text)
