"""Reads the app's settings: the environment over local.settings.json, as `func start` does."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devhost.failure import StartFailure

FILE_NAME = "local.settings.json"
TOKEN = re.compile(r"%([^%\s]+)%")


@dataclass(frozen=True, slots=True)
class AppSettings:
    """Everything the app and the host are configured with."""

    # The environment of the worker.
    values: Mapping[str, str]
    # By name; the host looks here before it looks into `values`.
    connection_strings: Mapping[str, str]
    # From Host.CORS; ("*",) allows everybody.
    cors_origins: tuple[str, ...] = ()
    cors_credentials: bool = False
    # Host.LocalHttpPort
    port: int | None = None
    # Names in the file that the environment overrides.
    skipped: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """The setting of that name in any case, "__" and ":" being the same, or None."""
        return _lookup(self.values, name)

    def connection_string(self, name: str) -> str | None:
        """The entry of ConnectionStrings, else the plain setting of that name; None if empty."""
        return _lookup(self.connection_strings, name) or self.get(name) or None

    def resolve(self, text: str) -> str:
        """`text` with every %NAME% replaced; raises StartFailure when NAME is not set."""

        def value_of(match: re.Match[str]) -> str:
            value = self.get(match[1])
            if value is None:
                raise StartFailure(f"'%{match[1]}%' does not resolve to a value.")
            return value

        return TOKEN.sub(value_of, text)


def load(root: Path, environ: Mapping[str, str]) -> AppSettings:
    """The settings of the app in `root`; the file may be absent.

    Raises StartFailure when the file is not what the host accepts.
    """
    content = _read(root / FILE_NAME)
    values = {str(name): _scalar(name, value) for name, value in content["Values"].items()}
    host = content["Host"]
    cors = str(host.get("CORS") or "")
    return AppSettings(
        values={**values, **environ},
        connection_strings={
            name: _connection_string(name, value)
            for name, value in content["ConnectionStrings"].items()
        },
        cors_origins=origins(cors),
        cors_credentials=bool(host.get("CORSCredentials", False)),
        port=_port(host.get("LocalHttpPort")),
        skipped=tuple(name for name in values if name in environ),
    )


def origins(cors: str) -> tuple[str, ...]:
    """The origins in a comma-separated list."""
    return tuple(each.strip().rstrip("/") for each in cors.split(",") if each.strip())


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        content = {}
    except (OSError, ValueError) as error:
        raise StartFailure(f"{FILE_NAME} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise StartFailure(f"{FILE_NAME} must hold a JSON object.")
    if content.get("IsEncrypted"):
        raise StartFailure(f"{FILE_NAME} is encrypted; run `func settings decrypt` first.")
    sections = {name: content.get(name) or {} for name in ("Values", "Host", "ConnectionStrings")}
    for name, section in sections.items():
        if not isinstance(section, dict):
            raise StartFailure(f"{FILE_NAME}: {name} must be an object.")
    return sections


def _scalar(name: str, value: Any) -> str:
    if isinstance(value, dict | list):
        raise StartFailure(f"{FILE_NAME}: the value of {name} must be a string, not nested.")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _port(value: Any) -> int | None:
    if value is None:
        return None
    if str(value).isdigit():
        return int(value)
    raise StartFailure(f"{FILE_NAME}: Host.LocalHttpPort must be a number, not {value!r}.")


def _connection_string(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("ConnectionString", ""))
    return _scalar(name, value)


def _lookup(values: Mapping[str, str], name: str) -> str | None:
    if name in values:
        return values[name]
    wanted = _plain(name)
    return next((value for key, value in values.items() if _plain(key) == wanted), None)


def _plain(name: str) -> str:
    return name.replace("__", ":").lower()
