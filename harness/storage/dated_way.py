"""A way whose answers carry a date, by which a machine learns the time."""

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

from harness.storage.way import ENDLESS, Answer, Chance, Patience, Way
from integrations.storage_time import StorageTime


class DatedWay:
    """Another way, for the clients of one machine."""

    def __init__(self, way: Way, time: StorageTime) -> None:
        self._way, self._hooks = way, time.hooks()
        self.who = way.who

    @property
    def now(self) -> datetime:
        """The other's."""
        return self._way.now

    @property
    def now_s(self) -> float:
        """The other's."""
        return self._way.now_s

    @property
    def page_size(self) -> int:
        """The other's."""
        return self._way.page_size

    @property
    def caller(self) -> str:
        """The other's."""
        return self._way.caller

    def new_etag(self) -> str:
        """The other's."""
        return self._way.new_etag()

    def happens(self, what: Chance) -> bool:
        """The other's."""
        return self._way.happens(what)

    def note(self, what: str, about: str = "", **facts: object) -> None:
        """To the other."""
        self._way.note(what, about, **facts)

    def call(self, name: str, apply: Callable[[], Answer], patience: Patience = ENDLESS) -> Answer:
        """By the other; the SDK's hooks are told when it was asked and what the answer says."""
        context: dict[str, Any] = {}
        self._hooks["raw_request_hook"](SimpleNamespace(context=context))
        try:
            return self._way.call(name, apply, patience)
        finally:
            headers = {"Date": format_datetime(self.now.replace(microsecond=0), usegmt=True)}
            answer = SimpleNamespace(headers=headers)
            self._hooks["raw_response_hook"](SimpleNamespace(context=context, http_response=answer))
