"""The campaigns: what each does, where it is, and how large it is."""

import importlib
from dataclasses import dataclass

from harness.chaos.campaigns.findings import Findings
from harness.chaos.campaigns.order import Order


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign; its module has a function `run(order) -> Findings`."""

    name: str
    module: str  # in this package
    line: str  # what it does, for --help and as the title of its result
    full: int  # the size of the long run, in the campaign's own unit
    short: int  # the size with which it takes half a minute

    def run(self, order: Order) -> Findings:
        """Does it; takes as long as it takes."""
        module = importlib.import_module(f"harness.chaos.campaigns.{self.module}")
        findings: Findings = module.run(order)
        return findings


# One line each; the order of `all` and `short`.
CAMPAIGNS = (
    Campaign("calm", "calm", "jobs to which nothing happens", 200, 12),
    Campaign("schedules", "schedules", "schedules of accidents in virtual time", 100_000, 3000),
    Campaign("kills", "kills", "worker and host killed at random instants", 1000, 10),
    Campaign("storms", "storms", "jobs while a fifth of all calls to storage fails", 1000, 12),
    Campaign("outage", "outage", "seconds without storage, in the middle of a load", 600, 40),
    Campaign("duplicates", "duplicates", "jobs whose messages come one to five times", 300, 10),
    Campaign("overwrites", "overwrites", "uploads overwritten at random instants", 200, 8),
    Campaign("sigterm", "sigterm", "SIGTERM to worker and host at random instants", 200, 6),
    Campaign("failpoints", "failpoints", "worker killed between every two steps", 50, 1),
    Campaign("names", "names", "blob names that are awkward on the way", 5000, 150),
    Campaign("soak", "soak", "ordinary work for so many minutes", 60, 1),
)


def campaign_named(name: str) -> Campaign:
    """The campaign of that name."""
    return next(each for each in CAMPAIGNS if each.name == name)
