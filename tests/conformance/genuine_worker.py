"""The app inside Microsoft's own worker library, and what the host does with it."""

import contextlib
import http.client
import json
import queue
import subprocess
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DRIVER = Path(__file__).with_name("worker_driver.py")
LIMIT_S = 180.0


class FunctionFailed(Exception):
    """What the host would log for a failed invocation."""


@dataclass(frozen=True)
class Answer:
    """What a client receives."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class GenuineWorker:
    """A worker process that has indexed an app."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        started = self._answer()
        if started["fault"]:
            raise FunctionFailed(started["fault"])
        self.raw_bindings: dict[str, list[dict[str, Any]]] = started["functions"]
        self.capabilities: dict[str, str] = started["capabilities"]

    @classmethod
    @contextlib.contextmanager
    def started(
        cls, python: Path, app: Path, env: Mapping[str, str], log: Path
    ) -> Iterator["GenuineWorker"]:
        """Runs the app in `app` until the block ends; what it logs goes to `log`."""
        with (
            log.open("w") as stderr,
            subprocess.Popen(
                [python, DRIVER],
                cwd=app,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            ) as process,
        ):
            try:
                yield cls(process)
            finally:
                process.kill()

    def run(
        self, function: str, inputs: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
    ) -> None:
        """One invocation; raises FunctionFailed when the host would count it as failed."""
        invocation_id = str(uuid.uuid4())
        self._send(function, invocation_id, inputs, metadata or {})
        self._wait_for(invocation_id)

    def request(
        self,
        function: str,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
    ) -> Answer:
        """One HTTP invocation: the host starts it and forwards the raw request beside it.

        A body that comes in pieces is sent chunked.
        """
        invocation_id = str(uuid.uuid4())
        # All that travels with the invocation itself is the route's parameters; ours are read from
        # the request.
        self._send(function, invocation_id, {"req": {"http": {"params": {}}}}, {})
        answer = self._forward(
            method, target, {**(headers or {}), "x-ms-invocation-id": invocation_id}, body
        )
        self._wait_for(invocation_id)
        return answer

    @contextlib.contextmanager
    def stream(
        self, function: str, target: str, headers: Mapping[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        """A response that goes on after its invocation has ended; to be read piece by piece."""
        invocation_id = str(uuid.uuid4())
        self._send(function, invocation_id, {"req": {"http": {"params": {}}}}, {})
        place = urlsplit(self.capabilities["HttpUri"])
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=LIMIT_S)
        _connect(connection)
        with contextlib.closing(connection):
            connection.request(
                "GET", target, None, {**headers, "x-ms-invocation-id": invocation_id}
            )
            response = connection.getresponse()
            self._wait_for(invocation_id)
            yield response

    def _forward(self, method: str, target: str, headers: dict[str, str], body: Any) -> Answer:
        place = urlsplit(self.capabilities["HttpUri"])
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=LIMIT_S)
        _connect(connection)
        is_chunked = not isinstance(body, bytes | None)
        if is_chunked:
            headers["Transfer-Encoding"] = "chunked"
        with contextlib.closing(connection):
            connection.request(method, target, body, headers, encode_chunked=is_chunked)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())

    def _send(
        self, function: str, invocation_id: str, inputs: Mapping[str, Any], metadata: Any
    ) -> None:
        call = {"id": invocation_id, "function": function, "inputs": inputs, "metadata": metadata}
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()

    def _wait_for(self, invocation_id: str) -> None:
        answer = self._answer()
        while answer["id"] != invocation_id:  # of a test that gave up before
            answer = self._answer()
        if answer["fault"]:
            raise FunctionFailed(answer["fault"])

    def _answer(self) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=LIMIT_S)
        except queue.Empty:
            raise TimeoutError(f"the worker did not answer within {LIMIT_S:.0f} s") from None
        if not line:
            raise FunctionFailed("the worker process ended; its log says why")
        return json.loads(line)

    def _read(self) -> None:
        while line := self._process.stdout.readline():
            self._lines.put(line)
        self._lines.put("")


def _connect(connection: http.client.HTTPConnection) -> None:
    """As the host does: the worker names its address before it listens there."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            return connection.connect()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
