"""Sends requests at a fixed rate, whatever the answers do, and takes every answer's time."""

import http.client
import itertools
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """One GET."""

    path: str
    headers: dict[str, str]
    kind: str = ""  # to tell answers apart afterwards


@dataclass(slots=True)
class Answers:
    """What came back."""

    # Seconds from the moment the request was due, so that a stalled server cannot hide its delay.
    seconds: dict[str, list[float]] = field(default_factory=dict)  # by kind
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def all_seconds(self) -> list[float]:
        """Of every kind."""
        return list(itertools.chain.from_iterable(self.seconds.values()))


def steady(
    url: str, requests: Sequence[Request], rate_per_s: float, *, connections: int = 16
) -> Answers:
    """Sends each request once, evenly spread, over connections that stay open."""
    queue = iter(enumerate(requests))
    lock = threading.Lock()
    answers = Answers()
    began = time.perf_counter() + 0.2

    def work() -> None:
        connection = _connection(url)
        while True:
            with lock:
                number, request = next(queue, (0, None))
            if request is None:
                connection.close()
                return
            due = began + number / rate_per_s
            time.sleep(max(0.0, due - time.perf_counter()))
            status = _ask(connection, request)
            seconds = time.perf_counter() - due
            with lock:
                answers.seconds.setdefault(request.kind, []).append(seconds)
                answers.statuses[status] += 1

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)


def _ask(connection: http.client.HTTPConnection, request: Request) -> int:
    """The status; 0 when there was no answer."""
    try:
        connection.request("GET", request.path, headers=request.headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0
    return answer.status
