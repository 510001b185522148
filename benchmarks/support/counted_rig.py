"""Runs the app with two proxies before its storage: one for the worker, one for the host."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.support import rig
from benchmarks.support.counting_proxy import Counted, counting

SETTLING_S = 8.0


@dataclass(frozen=True, slots=True)
class Watched:
    """The app, and the transactions that the worker and the host make."""

    rig: rig.Rig
    ours: Counted
    hosts: Counted


@contextlib.contextmanager
def watched_app(settings: Mapping[str, str] | None = None) -> Iterator[Watched]:
    """The app until the block ends; the rig's own client goes past both proxies."""
    with (
        rig.azurite_only() as (azurite, folder),
        counting(azurite.ports) as ours,
        counting(azurite.ports) as hosts,
    ):
        # Both read the same setting; the worker's is changed before the app is loaded.
        preface = f"import os\nos.environ['AzureWebJobsStorage'] = {ours.storage!r}"
        own = azurite.connection_string
        started = rig.app_running(folder, hosts.storage, settings, preface=preface, own_storage=own)
        with started as running:
            time.sleep(SETTLING_S)
            yield Watched(running, ours, hosts)
