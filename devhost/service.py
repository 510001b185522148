"""Puts listeners and HTTP before the worker, and takes them away again."""

import asyncio
import sys

from devhost import console
from devhost.app import app_settings
from devhost.app.app_settings import AppSettings
from devhost.app.connection import Connections, check_reachable, quiet_client_logs
from devhost.app.host_id import host_id
from devhost.app.metadata import Function, checked_functions, http_route
from devhost.app.route import Route, build_route, in_host_order
from devhost.dispatch.invocation import Invoker
from devhost.dispatch.supervision import Supervisor
from devhost.dispatch.worker_process import WorkerProcess
from devhost.failure import StartFailure
from devhost.http.admin import Admin
from devhost.http.cors import Cors
from devhost.http.event_grid import EventGridDoor
from devhost.http.front import DEFAULT_BODY_LIMIT_BYTES, Front
from devhost.http.server import Server
from devhost.http.streamed import StreamingProxy
from devhost.listing import print_functions
from devhost.log_levels import LogLevels
from devhost.preparation import Setup
from devhost.triggers.listeners import Listeners, ensure_hosts_container
from devhost.triggers.manual import run_by_hand

# How long running invocations may go on after Ctrl-C.
GRACE_S = 10.0
# How long the ends of killed invocations may take to be written.
SETTLE_S = 5.0


class Service:
    """Everything of one app but its worker."""

    def __init__(self, setup: Setup, supervisor: Supervisor) -> None:
        quiet_client_logs()
        self._setup = setup
        self._supervisor = supervisor
        self._id = host_id(setup.settings, setup.options.root)
        self._connections = Connections(setup.settings)
        self._invoker = Invoker(
            supervisor, setup.config.function_timeout_s, LogLevels(setup.config.log_levels)
        )
        self._listeners = Listeners(self._connections, self._invoker, setup.config, self._id)
        self._proxy: StreamingProxy | None = None
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self, worker: WorkerProcess) -> None:
        """Returns when HTTP answers and the listeners run; raises StartFailure."""
        functions = checked_functions(worker.functions, self._setup.settings, self._setup.config)
        if any(each.trigger.type != "httpTrigger" for each in functions):
            await asyncio.to_thread(self._check_storage, functions)
        for each in functions:
            if each.has_retry_policy:
                console.plain(f"'{each.name}' has a retry policy, which devhost does not follow.")
        routes = in_host_order(self._route(each) for each in functions if _is_served(each))
        if worker.http_url is not None:
            self._proxy = StreamingProxy(self._supervisor, self._invoker)
            self._check_streaming()
        # Before HTTP answers: who waits for that prints what shall stand below the list.
        print_functions(functions, routes, self._setup.port)
        self._server = Server(self._front(functions, routes), GRACE_S)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._setup.listener]))
        await self._server.wait_until_started()
        self._listeners.start(functions, self._setup.options.queue_lease_s)
        console.plain("For detailed output, run with --verbose flag.")

    async def close(self) -> None:
        """Lets running invocations end within the grace, then ends everything."""
        if self._server is not None:
            self._server.should_exit = True
        self._listeners.stop()
        await self._supervisor.terminate()
        if not await self._invoker.wait_until_idle(GRACE_S):
            await self._supervisor.kill()
        await self._listeners.wait(SETTLE_S)
        if self._serving is not None:
            await self._serving

    def _check_storage(self, functions: tuple[Function, ...]) -> None:
        bindings = [each for function in functions for each in function.bindings]
        for name in {"", *(each.connection for each in bindings)}:
            check_reachable(self._connections, name)
        ensure_hosts_container(self._connections)

    def _route(self, function: Function) -> Route:
        methods = function.trigger.options.get("methods")
        prefix = self._setup.config.route_prefix
        return build_route(function.name, http_route(function), methods, prefix)

    def _front(self, functions: tuple[Function, ...], routes: tuple[Route, ...]) -> Front:
        settings = self._setup.settings
        cors = self._setup.options.cors
        origins = settings.cors_origins if cors is None else app_settings.origins(cors)
        return Front(
            routes=routes,
            functions={each.name: each for each in functions},
            proxy=self._proxy,
            admin=Admin(self._id, functions, self._run_by_hand),
            event_grid=EventGridDoor(functions, self._listeners.tell_of_blob),
            cors=Cors(origins, settings.cors_credentials),
            custom_headers=self._setup.config.custom_headers,
            body_limit_bytes=_body_limit_bytes(settings),
            has_homepage=(settings.get("AzureWebJobsDisableHomepage") or "").lower() != "true",
        )

    async def _run_by_hand(self, function: Function, text: str) -> None:
        await run_by_hand(function, text, self._connections, self._invoker)

    def _check_streaming(self) -> None:
        setting = "PYTHON_ENABLE_INIT_INDEXING"
        if sys.version_info < (3, 13) and self._setup.settings.get(setting) != "1":
            console.plain(
                f"Warning: on Azure, HTTP streams on Python {sys.version_info[0]}."
                f"{sys.version_info[1]} need the setting {setting}=1."
            )


def _body_limit_bytes(settings: AppSettings) -> int:
    name = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"
    text = settings.get(name) or str(DEFAULT_BODY_LIMIT_BYTES)
    if not text.isdigit():
        raise StartFailure(f"{name} must be a number of bytes, not '{text}'.")
    return int(text)


def _is_served(function: Function) -> bool:
    return function.trigger.type == "httpTrigger" and not function.is_disabled
