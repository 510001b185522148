"""The one way in which Azurite, the app and a client of both are started."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from devhost.azurite import Azurite
from harness.rig.host import STOP_LIMIT_S, Host
from harness.rig.service import Service


@dataclass(frozen=True, slots=True)
class Setup:
    """How the app is to run; by default as documented."""

    settings: Mapping[str, str] = field(default_factory=dict)  # over the documented ones
    preface: str = ""  # Python that the worker runs before it loads function_app.py
    options: tuple[str, ...] = ()  # of devhost
    # Given the account's connection string, puts something between it and the app, for which it
    # yields another one. Our own client goes past it.
    between: Callable[[str], AbstractContextManager[str]] = contextlib.nullcontext
    log_file: Path | None = None  # app.log in the folder, unless another is wanted
    stop_limit_s: float = STOP_LIMIT_S


DOCUMENTED = Setup()


@contextlib.contextmanager
def running(folder: Path, setup: Setup = DOCUMENTED) -> Iterator[Service]:
    """An account of its own and the app, ready for uploads, until the block ends.

    Raises AzuriteError or AppNotStartedError.
    """
    with (
        Azurite.started(folder / "azurite") as azurite,
        app_running(azurite.connection_string, folder, setup) as service,
    ):
        yield service


@contextlib.contextmanager
def app_running(storage: str, folder: Path, setup: Setup = DOCUMENTED) -> Iterator[Service]:
    """The app alone, on that account; its log and its work are in the folder."""
    with setup.between(storage) as way:
        host = Host(
            way, folder, setup.settings, setup.preface, setup.options, log_file=setup.log_file
        )
        service = Service(host, storage)
        try:
            host.start()
            service.wait_for("the containers", service.is_ready)
            yield service
        finally:
            service.close()
            host.stop(setup.stop_limit_s)
