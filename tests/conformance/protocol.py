"""The messages between the Functions host and a Python worker, as plain objects.

Names and fields are those of FunctionRpc.proto, as far as an app like ours makes the worker use
them. The worker library takes its message classes from whoever starts it, so it cannot tell these
from the ones that protobuf generates; a field that is not listed is refused here as it is there.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass
class ModelBindingData:
    version: str
    source: str
    content_type: str
    content: bytes


@dataclass
class TypedData:
    """A value; at most one field is set."""

    string: str | None = None
    json: str | None = None
    bytes: Any = None
    http: Any = None
    model_binding_data: ModelBindingData | None = None

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 -- protobuf's own spelling
        return next((kind for kind, value in vars(self).items() if value is not None), None)


@dataclass
class RpcHttp:
    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: TypedData = field(default_factory=TypedData)
    params: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)


@dataclass
class ParameterBinding:
    name: str
    data: TypedData

    def WhichOneof(self, _group: str) -> str:  # noqa: N802
        return "data"


@dataclass
class RpcTraceContext:
    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class RetryContext:
    retry_count: int = 0
    max_retry_count: int = 0
    exception: Any = None


@dataclass
class InvocationRequest:
    invocation_id: str
    function_id: str
    input_data: list[ParameterBinding]
    trigger_metadata: dict[str, TypedData]
    trace_context: RpcTraceContext = field(default_factory=RpcTraceContext)
    retry_context: RetryContext = field(default_factory=RetryContext)


@dataclass
class RpcException:
    message: str = ""
    stack_trace: str = ""


@dataclass
class StatusResult:
    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1

    status: int
    exception: RpcException | None = None


@dataclass
class InvocationResponse:
    invocation_id: str
    result: StatusResult
    return_value: TypedData | None = None
    output_data: list[ParameterBinding] = field(default_factory=list)


@dataclass
class WorkerInitRequest:
    function_app_directory: str
    capabilities: dict[str, str] = field(default_factory=dict)


@dataclass
class WorkerMetadata:
    runtime_name: str
    runtime_version: str
    worker_version: str
    worker_bitness: str
    custom_properties: dict[str, str]


@dataclass
class WorkerInitResponse:
    capabilities: dict[str, str]
    worker_metadata: WorkerMetadata
    result: StatusResult


@dataclass
class BindingInfo:
    # Of the enum Direction, then of DataType.
    out: ClassVar[int] = 1
    inout: ClassVar[int] = 2
    undefined: ClassVar[int] = 0

    type: str
    direction: int
    data_type: int | None = None


@dataclass
class RpcFunctionMetadata:
    name: str
    function_id: str
    directory: str
    script_file: str
    entry_point: str
    language: str
    bindings: dict[str, BindingInfo]
    raw_bindings: list[str]
    properties: dict[str, str]
    managed_dependency_enabled: bool
    is_proxy: bool
    retry_options: Any = None


@dataclass
class FunctionMetadataResponse:
    function_metadata_results: list[RpcFunctionMetadata] | None
    result: StatusResult
    use_default_metadata_indexing: bool


@dataclass
class StreamingMessage:
    worker_init_request: WorkerInitRequest | None = None
    invocation_request: InvocationRequest | None = None


@dataclass
class WorkerRequest:
    """A message as the process that holds the connection hands it to the worker library."""

    request: StreamingMessage
    properties: dict[str, Any] = field(default_factory=dict)
