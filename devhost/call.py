"""Says what an invocation is: a function with its inputs, and how it ended."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from devhost.datum import Datum
from devhost.metadata import Function


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a function that somebody asked for."""

    function: Function
    # For the log: why it runs.
    reason: str
    # By parameter.
    inputs: Mapping[str, Datum]
    # What the trigger knows beside its value; its texts fill {tokens} in output paths.
    metadata: Mapping[str, Datum] = field(default_factory=dict)
    # A second log line, "" for none.
    details: str = ""
    trace_parent: str = ""
    invocation_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    is_success: bool
    # What the function returned through its $return binding.
    returned: Datum | None = None
