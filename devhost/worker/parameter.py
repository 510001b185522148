"""Says what a function's parameter for its trigger is bound to."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """The parameter that gets what started the function."""

    name: str
    # The converter that reads it.
    binding_type: str
    annotation: Any
    # The value is an SDK client that the worker makes itself.
    is_deferred: bool = False
