"""Reads what the user configured and takes the port, before anything is started."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from devhost import console
from devhost.app import app_settings, host_json
from devhost.app.app_settings import AppSettings
from devhost.app.host_json import HostJson
from devhost.http.port import reserve

DEFAULT_PORT = 7071
DEFAULT_QUEUE_LEASE_S = 600


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    root: Path
    # None: from local.settings.json, else 7071
    port: int | None = None
    # None: from local.settings.json
    cors: str | None = None
    queue_lease_s: int = DEFAULT_QUEUE_LEASE_S


@dataclass(frozen=True, slots=True)
class Setup:
    """What is known before the app is."""

    options: Options
    settings: AppSettings
    config: HostJson
    port: int
    listener: socket.socket


def prepare(options: Options) -> Setup:
    """Reads the settings and takes the port; raises StartFailure."""
    settings = app_settings.load(options.root, os.environ)
    for name in settings.skipped:
        console.plain(
            f"Skipping '{name}' from local settings as it's already defined in current "
            "environment variables."
        )
    config = host_json.load(options.root, settings.values)
    for key in config.unknown_keys:
        console.plain(f"host.json: '{key}' is unknown to devhost and has no effect.")
    port = settings.port or DEFAULT_PORT if options.port is None else options.port
    listener = reserve(port)
    return Setup(options, settings, config, listener.getsockname()[1], listener)


def worker_environ(setup: Setup) -> dict[str, str]:
    """The environment of the worker: the settings and what the host adds."""
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        **setup.settings.values,
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "AzureWebJobsScriptRoot": str(setup.options.root),
        "FUNCTIONS_WORKER_RUNTIME_VERSION": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "WEBSITE_HOSTNAME": f"localhost:{setup.port}",
    }
