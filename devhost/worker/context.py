"""Tells a function about its own invocation: what `context: func.Context` gives it."""

import threading
from dataclasses import dataclass, field
from typing import Any


# The names are azure.functions' own, some of them capitalised.
@dataclass(frozen=True, slots=True)
class TraceContext:
    """W3C trace context."""

    trace_parent: str
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def Traceparent(self) -> str:  # noqa: N802
        """The traceparent header."""
        return self.trace_parent

    @property
    def Tracestate(self) -> str:  # noqa: N802
        """The tracestate header."""
        return self.trace_state

    @property
    def Attributes(self) -> dict[str, str]:  # noqa: N802
        """Attributes of the trace."""
        return self.attributes


@dataclass(frozen=True, slots=True)
class RetryContext:
    """Of the host's own retry policies, which devhost does not run."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: Any = None


@dataclass(frozen=True, slots=True)
class Context:
    """The invocation that a function runs in."""

    invocation_id: str
    function_name: str
    function_directory: str
    trace_context: TraceContext
    thread_local_storage: threading.local
    retry_context: RetryContext = field(default_factory=RetryContext)
