"""Describes the app's functions as the host sees them, and refuses those it would refuse."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from devhost.app.app_settings import AppSettings
from devhost.app.blob_path import blob_path
from devhost.app.connection import Connections
from devhost.app.host_json import HostJson
from devhost.app.route import build_route
from devhost.app.schedule import parse_schedule
from devhost.failure import StartFailure

FUNCTION_NAME = re.compile(r"[a-z][a-z0-9_-]{0,127}", re.IGNORECASE)
BINDING_NAME = re.compile(r"[a-z][a-z0-9]{0,127}|\$return", re.IGNORECASE)
QUEUE_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
TRIGGERS = ("httpTrigger", "queueTrigger", "blobTrigger", "timerTrigger")
# A trigger, and the answer to a request: no other binding is read or written.
BINDINGS = (*TRIGGERS, "http")
# What the host resolves %SETTING% in; the functions themselves see the raw text.
RESOLVED_KEYS = ("queueName", "path", "schedule")


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding, %SETTINGS% resolved."""

    type: str
    name: str
    is_output: bool
    # The keys of the binding as the worker reported them, e.g. queueName, path, schedule.
    options: Mapping[str, Any]

    @property
    def is_deferred(self) -> bool:
        """Whether the worker makes an SDK client itself, so that no content is sent."""
        properties = self.options.get("properties") or {}
        return bool(properties.get("SupportsDeferredBinding"))

    @property
    def connection(self) -> str:
        """The connection's name; "" means AzureWebJobsStorage."""
        return str(self.options.get("connection") or "")

    def text(self, key: str) -> str:
        """One option, "" when absent."""
        return str(self.options.get(key) or "")


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app."""

    name: str
    bindings: tuple[Binding, ...]
    is_disabled: bool
    has_retry_policy: bool = False

    @property
    def trigger(self) -> Binding:
        """The binding that starts the function."""
        return next(b for b in self.bindings if b.type.lower().endswith("trigger"))

    @property
    def queue_name(self) -> str:
        """The queue of a queue trigger."""
        return self.trigger.text("queueName").lower()


def checked_functions(
    raw: Iterable[Mapping[str, Any]], settings: AppSettings, host_json: HostJson
) -> tuple[Function, ...]:
    """The app's functions in the host's order; raises StartFailure with every fault at once.

    The host itself would drop a faulty function and start without it.
    """
    functions, faults = [], []
    for each in raw:
        try:
            function = _function(each, settings)
            _check(function, host_json, Connections(settings))
            functions.append(function)
        except StartFailure as fault:
            faults.append(f"The '{each['name']}' function is in error: {fault}")
    if faults:
        raise StartFailure("\n".join(faults))
    if not functions:
        raise StartFailure("No functions found: the app registers none.")
    return tuple(sorted(functions, key=lambda function: function.name.lower()))


def _function(raw: Mapping[str, Any], settings: AppSettings) -> Function:
    name = raw["name"]
    if FUNCTION_NAME.fullmatch(name) is None or name.lower() == "host":
        raise StartFailure(f"'{name}' is not a valid function name.")
    disabled = (
        settings.get(f"AzureWebJobs.{name}.Disabled")
        or settings.get(f"AzureWebJobs__{name}__Disabled")
        or "false"
    )
    return Function(
        name=name,
        bindings=tuple(_resolved(_binding(each), settings) for each in raw["bindings"]),
        is_disabled=disabled.lower() in ("true", "1"),
        has_retry_policy=bool(raw.get("has_retry_policy")),
    )


def _binding(raw: Mapping[str, Any]) -> Binding:
    name = str(raw.get("name", ""))
    if BINDING_NAME.fullmatch(name) is None:
        raise StartFailure(
            f"The binding name {name} is invalid. Please assign a valid name to the binding: "
            "a letter, then letters and digits, no underscore."
        )
    return Binding(
        type=str(raw["type"]),
        name=name,
        is_output=str(raw.get("direction", "IN")).upper() == "OUT",
        options=raw,
    )


def _resolved(binding: Binding, settings: AppSettings) -> Binding:
    options = {
        key: settings.resolve(value) if key in RESOLVED_KEYS and isinstance(value, str) else value
        for key, value in binding.options.items()
    }
    return replace(binding, options=options)


def _check(function: Function, host_json: HostJson, connections: Connections) -> None:
    names = [binding.name.lower() for binding in function.bindings]
    if len(set(names)) < len(names):
        raise StartFailure("Multiple bindings have the same name; binding names must be unique.")
    for binding in function.bindings:
        if binding.type not in BINDINGS:
            raise StartFailure(f"devhost knows no binding of type '{binding.type}'.")
        if binding.type not in ("httpTrigger", "http", "timerTrigger"):
            if not host_json.has_bundle:
                raise StartFailure(
                    f"The binding type(s) '{binding.type}' are not registered: host.json names no "
                    "extensionBundle."
                )
            _check_storage(binding, connections)
    trigger = function.trigger
    if trigger.type == "timerTrigger":
        parse_schedule(trigger.text("schedule"))
    if trigger.type == "httpTrigger":
        build_route(function.name, http_route(function), None, host_json.route_prefix)


def _check_storage(binding: Binding, connections: Connections) -> None:
    if binding.type == "queueTrigger":
        name = binding.text("queueName").lower()
        if not QUEUE_NAME.fullmatch(name) or not 3 <= len(name) <= 63:
            raise StartFailure(f"'{name}' is no valid queue name.")
        connections.queues(binding.connection)
    if binding.type == "blobTrigger":
        blob_path(binding.text("path"))
        connections.queues(binding.connection)
        connections.blobs(binding.connection)
        if not binding.is_deferred:
            raise StartFailure("devhost gives a function a client for the blob, not its content.")


def http_route(function: Function) -> str:
    """The route of an HTTP function, which is its name when none is given."""
    route = function.trigger.options.get("route")
    return function.name if route is None else str(route)
