"""Turns wire values into what functions take, and what they give into wire values, in the worker.

The library's own converters do the work, so that what a function sees is what it sees on Azure.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devhost import http_streaming
from devhost.datum import Datum
from devhost.parameter import Parameter


def accepts(parameter: Parameter, *, is_output: bool) -> bool:
    """Whether the annotation is one that the binding's converter can serve."""
    annotation = parameter.annotation
    if http_streaming.is_enabled() and parameter.binding_type in ("httpTrigger", "http"):
        return http_streaming.accepts(annotation, is_output=is_output)
    if parameter.binding_type == "generic":
        return True
    converter = _converter(parameter)
    check = (
        converter.check_output_type_annotation
        if is_output
        else converter.check_input_type_annotation
    )
    return bool(check(annotation))


def decode(parameter: Parameter, datum: Datum, metadata: Mapping[str, Datum] | None) -> Any:
    """The argument for a parameter; `metadata` is the trigger's, None for other inputs."""
    from azure.functions.meta import Datum as LibraryDatum

    if parameter.binding_type == "generic":
        return _generic(datum)
    known = {name: LibraryDatum(each.value, each.type) for name, each in (metadata or {}).items()}
    if parameter.is_deferred:
        return _decode_deferred(parameter, datum, known)
    try:
        return _converter(parameter).decode(
            LibraryDatum(_nested(datum), datum.type), trigger_metadata=known
        )
    except NotImplementedError:
        raise TypeError(
            f"unable to decode incoming TypedData: unsupported combination of TypedData field "
            f"{datum.type!r} and expected binding type {parameter.binding_type}"
        ) from None


def encode(parameter: Parameter, value: Any) -> Datum | None:
    """The wire value of an output; None when there is nothing to write."""
    if parameter.binding_type == "generic":
        return _encode_generic(value)
    try:
        datum = _converter(parameter).encode(value, expected_type=parameter.annotation)
    except NotImplementedError:
        raise TypeError(
            f'unable to encode outgoing TypedData: unsupported type "{parameter.binding_type}" '
            f'for Python type "{type(value).__name__}"'
        ) from None
    if datum is None or datum.type is None:
        return None
    if datum.type == "http":
        return Datum("http", _plain_response(datum.value))
    return Datum(datum.type, datum.value)


def _converter(parameter: Parameter) -> Any:
    if parameter.is_deferred:
        from azurefunctions.extensions.base import get_binding_registry
    else:
        from azure.functions import get_binding_registry
    return get_binding_registry().get(parameter.binding_type)


def _nested(datum: Datum) -> Any:
    """An HTTP request's parts are values of their own in the genuine protocol."""
    if datum.type != "http":
        return datum.value
    from azure.functions.meta import Datum as LibraryDatum

    request = datum.value
    return {
        "method": LibraryDatum(request["method"], "string"),
        "url": LibraryDatum(request["url"], "string"),
        "body": LibraryDatum(request["body"], "bytes"),
        **{
            part: {name: LibraryDatum(value, "string") for name, value in request[part].items()}
            for part in ("headers", "params", "query")
        },
    }


@dataclass(frozen=True, slots=True)
class _ModelBindingData:
    """What the genuine host sends instead of a blob's content."""

    content: str
    version: str = "1.0"
    source: str = "AzureStorageBlobs"
    content_type: str = "application/json"


def _decode_deferred(parameter: Parameter, datum: Datum, metadata: Mapping[str, Any]) -> Any:
    from azurefunctions.extensions.base import Datum as BaseDatum

    data = BaseDatum(_ModelBindingData(datum.value), "model_binding_data")
    return _converter(parameter).decode(
        data, trigger_metadata=metadata, pytype=parameter.annotation
    )


def _generic(datum: Datum) -> Any:
    if datum.type not in ("string", "bytes", "json"):
        raise ValueError(f'unexpected type of data for the "generic" binding {datum.type!r}')
    return datum.value


def _encode_generic(value: Any) -> Datum | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Datum("string", value)
    if isinstance(value, bytes | bytearray):
        return Datum("bytes", bytes(value))
    if isinstance(value, dict | list | int | float):
        return Datum("json", json.dumps(value))
    raise TypeError(f'unable to encode outgoing TypedData: Python type "{type(value).__name__}"')


def _plain_response(value: Mapping[str, Any]) -> dict[str, Any]:
    cookies = value.get("cookies") or []
    return {
        "status_code": int(value["status_code"].value),
        "headers": {name: each.value for name, each in value["headers"].items()},
        "cookies": [morsel.OutputString() for jar in cookies for morsel in jar.values()],
        "body": value["body"].value,
    }
