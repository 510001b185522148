"""Holds one value on its way between host and worker, typed as the genuine protocol types it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Datum:
    """A typed value: what the genuine host calls TypedData."""

    # "string", "json" (JSON text) or "model_binding_data" (JSON text)
    type: str
    value: str

    @classmethod
    def of_json(cls, value: Any) -> "Datum":
        """A JSON value; the host sends numbers, times and objects of the metadata this way."""
        return cls("json", json.dumps(value))

    def to_wire(self) -> dict[str, Any]:
        """The form that JSON can carry."""
        return {"type": self.type, "value": self.value}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> "Datum":
        """The reverse of to_wire."""
        return cls(wire["type"], wire["value"])


def to_wire(datums: Mapping[str, Datum]) -> dict[str, Any]:
    """Several named values in the form that JSON can carry."""
    return {name: datum.to_wire() for name, datum in datums.items()}


def from_wire(wire: Mapping[str, Any]) -> dict[str, Datum]:
    """The reverse of to_wire."""
    return {name: Datum.from_wire(each) for name, each in wire.items()}
