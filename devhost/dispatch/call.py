"""Says what an invocation is: a function, and what its trigger gives it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from devhost.app.metadata import Function
from devhost.datum import Datum


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a function that somebody asked for."""

    function: Function
    # For the log: why it runs.
    reason: str
    # What the trigger's parameter is made of; None for a request, which the worker's server gets.
    value: Datum | None
    # What the trigger knows beside its value.
    metadata: Mapping[str, Datum] = field(default_factory=dict)
    # A second log line, "" for none.
    details: str = ""
    trace_parent: str = ""
    invocation_id: str = field(default_factory=lambda: str(uuid.uuid4()))
