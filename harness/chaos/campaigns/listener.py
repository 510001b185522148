"""Who is told of the end of every job of a campaign, and what is wrong with what arrived."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.chaos.campaigns.rig import Rig
from harness.rig.receiver import LOOPBACK, Receiver

# A death in publication costs 45 s until its alarm rings, one in the sending a lease besides.
ARRIVES_WITHIN_S = 180.0


@dataclass(slots=True)
class Listener:
    """The operator's webhook, which accepts everything."""

    receiver: Receiver
    judged: int = 0  # events
    repeated: int = 0  # requests beyond the first of each

    @property
    def settings(self) -> dict[str, str]:
        """Of an app that tells it."""
        return {
            "WEBHOOK_URL": f"{self.receiver.url}/events",
            "OUTBOUND_ALLOWED_NETWORKS": f"{LOOPBACK}/32",
        }

    def judge(self, rig: Rig) -> None:
        """Waits for the event of every job of the record; what is wrong is added there.

        To be called when all jobs have ended, and before their rows are removed.
        """
        rig.settle()
        rows = rig.watcher.look()
        ended = {name: row for name, row in rows.items() if name in rig.record.names()}
        deadline = time.monotonic() + ARRIVES_WITHIN_S
        while self._missing(ended) and time.monotonic() < deadline:
            time.sleep(0.2)
        rig.record.violations += self._wrong(ended)
        self.judged += len(ended)
        repeats = Counter(self.receiver.ids)
        self.repeated = sum(repeats.values()) - len(repeats)

    def _missing(self, ended: dict[str, dict[str, Any]]) -> set[str]:
        return ended.keys() - self._told().keys()

    def _wrong(self, ended: dict[str, dict[str, Any]]) -> Iterator[str]:
        told = self._told()
        for name in self._missing(ended):
            yield f"I9: nobody was told of the end of {name}"
        for name, row in ended.items():
            events = told.get(name, [])
            if len({each["id"] for each in events}) > 1:
                yield f"I9: the end of {name} was told under several ids: {events}"
            if any(each["status"] != row["status"] for each in events):
                yield f"I9: {name} is {row['status']}, and somebody was told: {events}"

    def _told(self) -> dict[str, list[dict[str, str]]]:
        """What arrived, by the name of the upload."""
        told = defaultdict(list)
        for each in list(self.receiver.received):
            data = json.loads(each.body)["data"]
            told[data["blob_name"]].append({"id": each.id, "status": data["status"]})
        return told
