"""Holds one value on its way between host and worker, typed as the genuine protocol types it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Datum:
    """A typed value: what the genuine host calls TypedData."""

    # "string", "bytes", "json" (JSON text), "http" (a mapping) or "model_binding_data" (JSON text)
    type: str
    value: Any

    @classmethod
    def of_json(cls, value: Any) -> "Datum":
        """A JSON value; the host sends numbers, times and objects of the metadata this way."""
        return cls("json", json.dumps(value))

    def to_wire(self) -> dict[str, Any]:
        """The form that JSON can carry."""
        return {"type": self.type, "value": _to_json(self.value)}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> "Datum":
        """The reverse of to_wire."""
        return cls(wire["type"], _from_json(wire["value"]))


def to_wire(datums: Mapping[str, Datum]) -> dict[str, Any]:
    """Several named values in the form that JSON can carry."""
    return {name: datum.to_wire() for name, datum in datums.items()}


def from_wire(wire: Mapping[str, Any]) -> dict[str, Datum]:
    """The reverse of to_wire."""
    return {name: Datum.from_wire(each) for name, each in wire.items()}


def texts(datums: Mapping[str, Datum]) -> dict[str, str]:
    """The values that are text, which fill {tokens} in paths."""
    return {name: each.value for name, each in datums.items() if each.type == "string"}


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        return {key: _to_json(each) for key, each in value.items()}
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        return {key: _from_json(each) for key, each in value.items()}
    return value
