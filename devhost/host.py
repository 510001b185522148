"""Is the host process: puts worker, listeners and HTTP together, and takes them apart again."""

import asyncio
import contextlib
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from devhost import app_settings, console, descendants, host_json
from devhost.admin import Admin
from devhost.app_settings import AppSettings
from devhost.connection import Connections, check_reachable, quiet_client_logs
from devhost.cors import Cors
from devhost.host_id import host_id
from devhost.host_json import HostJson
from devhost.http_front import DEFAULT_BODY_LIMIT_BYTES, Front
from devhost.http_streamed import StreamingProxy
from devhost.invocation import Invoker
from devhost.keys import load_keys
from devhost.listeners import Listeners, ensure_hosts_container
from devhost.listing import print_functions
from devhost.manual import run_by_hand
from devhost.metadata import Function, checked_functions, http_route
from devhost.output import OutputWriter
from devhost.queue_listener import DEFAULT_LEASE_S
from devhost.route import Route, build_route, in_host_order
from devhost.server import Server, reserve
from devhost.supervision import Supervisor
from devhost.worker_process import Launch, WorkerProcess

DEFAULT_PORT = 7071
# How long running invocations may go on after Ctrl-C.
GRACE_S = 10.0
# The SDK's calls wait in threads; a few queues, scans and receipts at once.
STORAGE_THREADS = 32


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    root: Path
    # None: from local.settings.json, else 7071
    port: int | None = None
    enable_auth: bool = False
    # None: from local.settings.json
    cors: str | None = None
    is_verbose: bool = False
    queue_lease_s: int = DEFAULT_LEASE_S


async def run(options: Options) -> int:
    """Runs the app until Ctrl-C or SIGTERM; returns the exit status. Raises StartFailure."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(STORAGE_THREADS))
    quiet_client_logs()
    descendants.adopt_orphans()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    host = Host(options)
    try:
        starting = asyncio.create_task(host.start())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            return 0
        starting.result()
        return await host.serve_until(stopping)
    finally:
        await host.close()
        # What functions started and did not end, such as an encoder of a killed worker.
        descendants.kill_descendants(os.getpid())


class Host:
    """One app being run. Making it reads the settings and takes the port."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._settings = _settings(options)
        self._config = _config(options, self._settings)
        self._id = host_id(self._settings, options.root)
        self._port = options.port or self._settings.port or DEFAULT_PORT
        self._socket = reserve(self._port)
        self._connections = Connections(self._settings)
        environ = worker_environ(self._settings, options.root, self._port)
        self._supervisor = Supervisor(Launch(options.root, environ, self._config.log_levels))
        outputs = OutputWriter(
            self._connections,
            is_base64=self._config.queues.is_base64,
            wake=self._wake,
        )
        self._invoker = Invoker(self._supervisor, outputs, self._config.function_timeout_s)
        self._listeners = Listeners(self._connections, self._invoker, self._config, self._id)
        self._proxy: StreamingProxy | None = None
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when functions are indexed, HTTP answers and listeners run."""
        worker = await self._supervisor.start()
        functions = checked_functions(worker.functions, self._settings, self._config)
        if any(each.trigger.type != "httpTrigger" for each in functions):
            await asyncio.to_thread(self._check_storage, functions)
        routes = in_host_order(self._route(each) for each in functions if _is_served(each))
        front = await self._front(functions, routes, worker)
        self._server = Server(front, GRACE_S)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        await self._server.wait_until_started()
        self._listeners.start(functions, self._options.queue_lease_s)
        print_functions(functions, routes, self._port)

    async def serve_until(self, stopping: "asyncio.Task[bool]") -> int:
        """Runs until `stopping` is done (0) or no worker can be had any more (1)."""
        gave_up = self._supervisor.gave_up
        await asyncio.wait((stopping, gave_up), return_when=asyncio.FIRST_COMPLETED)
        if not gave_up.done():
            console.log("Stopping. Running functions have 10 seconds to end.")
            return 0
        console.complain(gave_up.result())
        return 1

    async def close(self) -> None:
        """Lets running invocations end within the grace, then ends everything."""
        if self._server is not None:
            self._server.should_exit = True
        await self._listeners.stop(GRACE_S)
        await self._invoker.wait_until_idle(GRACE_S)
        await self._supervisor.stop()
        if self._serving is not None:
            await self._serving
        if self._proxy is not None:
            await self._proxy.close()
        self._socket.close()

    def _wake(self, connection: str, queue: str) -> None:
        self._listeners.wake(connection, queue)

    def _check_storage(self, functions: tuple[Function, ...]) -> None:
        names = {b.connection for f in functions for b in f.bindings if "connection" in b.options}
        for name in {"", *names}:
            check_reachable(self._connections, name)
        ensure_hosts_container(self._connections)

    def _route(self, function: Function) -> Route:
        methods = function.trigger.options.get("methods")
        return build_route(function.name, http_route(function), methods, self._config.route_prefix)

    async def _front(
        self, functions: tuple[Function, ...], routes: tuple[Route, ...], worker: WorkerProcess
    ) -> Front:
        options, settings = self._options, self._settings
        if worker.http_url is not None:
            self._proxy = StreamingProxy(self._supervisor, self._invoker)
            _check_streaming(settings)
        keys = None
        if options.enable_auth:
            keys = await asyncio.to_thread(load_keys, self._connections.blobs(""), self._id)
        origins = settings.cors_origins
        if options.cors is not None:
            origins = app_settings.origins(options.cors)

        async def by_hand(function: Function, text: str) -> None:
            await run_by_hand(function, text, self._connections, self._invoker)

        limit = settings.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT") or DEFAULT_BODY_LIMIT_BYTES
        return Front(
            routes=routes,
            functions={each.name: each for each in functions},
            invoker=self._invoker,
            proxy=self._proxy,
            admin=Admin(self._id, functions, by_hand, set()),
            cors=Cors(origins, settings.cors_credentials),
            keys=keys,
            custom_headers=self._config.custom_headers,
            body_limit_bytes=int(limit),
            has_homepage=(settings.get("AzureWebJobsDisableHomepage") or "").lower() != "true",
        )


def worker_environ(settings: AppSettings, root: Path, port: int) -> dict[str, str]:
    """The environment of the worker: the settings and what the host adds."""
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        **settings.values,
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "AzureWebJobsScriptRoot": str(root),
        "FUNCTIONS_WORKER_RUNTIME_VERSION": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "WEBSITE_HOSTNAME": f"localhost:{port}",
    }


def _settings(options: Options) -> AppSettings:
    settings = app_settings.load(options.root, os.environ)
    for name in settings.skipped:
        console.plain(
            f"Skipping '{name}' from local settings as it's already defined in current "
            "environment variables."
        )
    return settings


def _config(options: Options, settings: AppSettings) -> HostJson:
    config = host_json.load(options.root, settings.values)
    for key in config.unknown_keys:
        console.plain(f"host.json: '{key}' is unknown to devhost and has no effect.")
    return config


def _is_served(function: Function) -> bool:
    return function.trigger.type == "httpTrigger" and not function.is_disabled


def _check_streaming(settings: AppSettings) -> None:
    if sys.version_info < (3, 13) and settings.get("PYTHON_ENABLE_INIT_INDEXING") != "1":
        console.plain(
            "Warning: on Azure, HTTP streams on this Python version need the setting "
            "PYTHON_ENABLE_INIT_INDEXING=1."
        )
