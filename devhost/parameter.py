"""Says what a function's parameter is bound to."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function, or its return value."""

    # The converter that reads or writes it.
    binding_type: str
    annotation: Any
    # The value is an SDK client that the worker makes itself.
    is_deferred: bool = False
