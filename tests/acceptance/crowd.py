"""Many uploads at once, and what polling them showed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.rig.client import FINAL
from harness.rig.service import Service


@dataclass
class Crowd:
    """Files that were uploaded together, by name."""

    sources: dict[str, Path]
    # What each job's polls said, without repetitions.
    histories: dict[str, list[str]] = field(default_factory=dict)
    # The last answer for each job.
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    # How many rows were `processing`, each time somebody looked.
    in_flight: list[int] = field(default_factory=list)

    def settle(self, service: Service) -> None:
        """Uploads all, then polls each until all have ended."""
        for name, source in self.sources.items():
            service.upload(name, source)
        service.wait_for(f"the end of {len(self.sources)} jobs", lambda: self._poll(service))

    def _poll(self, service: Service) -> bool:
        """One round of polls; whether all have ended."""
        for name in self.sources.keys() - self._ended():
            self.in_flight.append(len(service.rows("status eq 'processing'")))
            answer = service.ask_status(name)
            assert answer.status in (200, 404), (name, answer)
            if answer.status == 200:
                self._note(name, answer.json)
        return len(self._ended()) == len(self.sources)

    def _note(self, name: str, job: dict[str, Any]) -> None:
        history = self.histories.setdefault(name, [])
        if [job["status"]] != history[-1:]:
            history.append(job["status"])
        self.jobs[name] = job

    def _ended(self) -> set[str]:
        return {name for name, job in self.jobs.items() if job["status"] in FINAL}
