"""Reads host.json: the host's own settings, with the host's defaults and limits."""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devhost.failure import StartFailure

OVERRIDE_PREFIX = "AzureFunctionsJobHost__"
TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):([0-5]?\d):([0-5]?\d)(?:\.(\d{1,7}))?")
KNOWN_KEYS = frozenset(
    [
        "version",
        "extensionBundle",
        "functionTimeout",
        "extensions",
        "logging",
        "telemetryMode",
        "concurrency",
        "singleton",
        "retry",
        "watchDirectories",
        "watchFiles",
        "healthMonitor",
        "aggregator",
        "managedDependency",
        "applicationInsights",
        "customHandler",
        "functions",
        "sendCanceledInvocationsToWorker",
    ]
)
KNOWN_EXTENSIONS = frozenset(("http", "queues", "blobs"))


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """extensions.queues."""

    batch_size: int
    new_batch_threshold: int
    max_polling_interval_s: float
    # How long a message stays hidden after a failure; not the processing lock.
    visibility_timeout_s: float
    max_dequeue_count: int
    # False: messageEncoding "none"
    is_base64: bool


@dataclass(frozen=True, slots=True)
class BlobSettings:
    """extensions.blobs."""

    max_degree_of_parallelism: int
    poison_blob_threshold: int


@dataclass(frozen=True, slots=True)
class HostJson:
    """What host.json says, defaults filled in."""

    # Without the bundle the host knows no triggers but HTTP and timer.
    has_bundle: bool
    # None: no limit
    function_timeout_s: float | None
    route_prefix: str
    custom_headers: Mapping[str, str]
    queues: QueueSettings
    blobs: BlobSettings
    # By category, as in logging.logLevel.
    log_levels: Mapping[str, str]
    # Keys that the host would ignore silently.
    unknown_keys: tuple[str, ...]


def load(root: Path, environ: Mapping[str, str]) -> HostJson:
    """The host.json of `root` with AzureFunctionsJobHost__ overrides; raises StartFailure."""
    content = _read(root / "host.json")
    _override(content, environ)
    if content.get("version") != "2.0":
        raise StartFailure('host.json: "version" must be "2.0".')
    extensions = _section(content, "extensions")
    http = _section(extensions, "http")
    return HostJson(
        has_bundle=bool(_section(content, "extensionBundle").get("id")),
        function_timeout_s=_function_timeout(content.get("functionTimeout", "00:30:00")),
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        custom_headers={str(k): str(v) for k, v in _section(http, "customHeaders").items()},
        queues=_queues(_section(extensions, "queues")),
        blobs=_blobs(_section(extensions, "blobs")),
        log_levels=dict(_section(_section(content, "logging"), "logLevel")),
        unknown_keys=tuple(key for key in content if key not in KNOWN_KEYS and key[0] != "$")
        + tuple(f"extensions.{key}" for key in extensions if key not in KNOWN_EXTENSIONS),
    )


def time_span_s(name: str, value: Any) -> float:
    """Seconds in a .NET TimeSpan such as "00:00:30" or "1.12:00:00"."""
    match = TIME_SPAN.fullmatch(str(value))
    if match is None:
        raise StartFailure(f'host.json: {name} must look like "hh:mm:ss", not "{value}".')
    days, hours, minutes, seconds, fraction = (part or "0" for part in match.groups())
    whole = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
    return whole + float(f"0.{fraction}")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise StartFailure(f"No host.json in {path.parent}: is this the app's folder?") from error
    except (OSError, ValueError) as error:
        raise StartFailure(f"host.json cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise StartFailure("host.json must hold a JSON object.")
    return content


def _override(content: dict[str, Any], environ: Mapping[str, str]) -> None:
    for name, value in environ.items():
        if not name.lower().startswith(OVERRIDE_PREFIX.lower()):
            continue
        *parents, last = name[len(OVERRIDE_PREFIX) :].split("__")
        section = content
        for parent in parents:
            section = section.setdefault(_existing_key(section, parent), {})
        section[_existing_key(section, last)] = value


def _existing_key(section: Mapping[str, Any], name: str) -> str:
    return next((key for key in section if key.lower() == name.lower()), name)


def _section(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = content.get(name) or {}
    if not isinstance(section, Mapping):
        raise StartFailure(f"host.json: {name} must be an object.")
    return section


def _function_timeout(value: Any) -> float | None:
    if str(value) == "-1":
        return None
    seconds = time_span_s("functionTimeout", value)
    if seconds < 1:
        raise StartFailure("host.json: functionTimeout must be at least one second.")
    return seconds


def _queues(section: Mapping[str, Any]) -> QueueSettings:
    name = "extensions.queues."
    batch_size = _number(section, name, "batchSize", 16, lambda n: 1 <= n <= 32)
    encoding = str(section.get("messageEncoding", "base64")).lower()
    if encoding not in ("base64", "none"):
        raise StartFailure('host.json: messageEncoding must be "base64" or "none".')
    max_polling = time_span_s(
        name + "maxPollingInterval", section.get("maxPollingInterval", "00:01:00")
    )
    if max_polling < 0.1:
        raise StartFailure(f"host.json: {name}maxPollingInterval must be at least 100 ms.")
    threshold = batch_size // 2 * (os.cpu_count() or 1)
    return QueueSettings(
        batch_size=batch_size,
        new_batch_threshold=_number(
            section, name, "newBatchThreshold", threshold, lambda n: n >= 0
        ),
        max_polling_interval_s=max_polling,
        visibility_timeout_s=time_span_s(
            name + "visibilityTimeout", section.get("visibilityTimeout", "00:00:00")
        ),
        max_dequeue_count=_number(section, name, "maxDequeueCount", 5, lambda n: n >= 1),
        is_base64=encoding == "base64",
    )


def _blobs(section: Mapping[str, Any]) -> BlobSettings:
    name = "extensions.blobs."
    degree = 8 * (os.cpu_count() or 1)
    return BlobSettings(
        _number(section, name, "maxDegreeOfParallelism", degree, lambda n: n >= 1),
        _number(section, name, "poisonBlobThreshold", 5, lambda n: n >= 1),
    )


def _number(
    section: Mapping[str, Any],
    prefix: str,
    key: str,
    default: int,
    is_allowed: Callable[[int], bool],
) -> int:
    value = section.get(key, default)
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = None
    if number is None or isinstance(value, bool) or not is_allowed(number):
        raise StartFailure(f"host.json: {prefix}{key} has a value the host refuses: {value!r}.")
    return number
