"""Runs the app with two proxies before its storage: one for the worker, one for the host."""

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from devhost.azurite import Azurite
from harness.proxy.counting import Counted, counting
from harness.rig.running import Setup, app_running
from harness.rig.service import Service

SETTLING_S = 8.0


@dataclass(frozen=True, slots=True)
class Watched:
    """The app, and the transactions that the worker and the host make."""

    app: Service
    ours: Counted
    hosts: Counted


@contextlib.contextmanager
def watched_app(settings: Mapping[str, str] | None = None) -> Iterator[Watched]:
    """The app until the block ends; the rig's own client goes past both proxies."""
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="mediaprocessor-bench-"))
        )
        azurite = stack.enter_context(Azurite.started(folder / "azurite"))
        ours, hosts = (stack.enter_context(counting(azurite.ports)) for _ in range(2))
        setup = Setup(
            settings or {},
            # Both read the same setting; the worker's is changed before the app is loaded.
            preface=f"import os\nos.environ['AzureWebJobsStorage'] = {ours.storage!r}",
            between=lambda _: contextlib.nullcontext(hosts.storage),
        )
        app = stack.enter_context(app_running(azurite.connection_string, folder, setup))
        time.sleep(SETTLING_S)
        yield Watched(app, ours, hosts)
