"""Turns wire values into what functions take, in the worker.

The library's own converters do the work, so that what a function sees is what it sees on Azure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devhost.datum import Datum
from devhost.worker import streams
from devhost.worker.parameter import Parameter


def accepts(parameter: Parameter) -> bool:
    """Whether the annotation is one that the binding's converter can serve."""
    if parameter.binding_type == "httpTrigger":
        return streams.accepts(parameter.annotation, is_output=False)
    return bool(_converter(parameter).check_input_type_annotation(parameter.annotation))


def decode(parameter: Parameter, datum: Datum, metadata: Mapping[str, Datum]) -> Any:
    """The argument for the trigger's parameter, of its value and its metadata."""
    from azure.functions.meta import Datum as LibraryDatum

    known = {name: LibraryDatum(each.value, each.type) for name, each in metadata.items()}
    if parameter.is_deferred:
        return _decode_deferred(parameter, datum, known)
    try:
        return _converter(parameter).decode(
            LibraryDatum(datum.value, datum.type), trigger_metadata=known
        )
    except NotImplementedError:
        raise TypeError(
            f"unable to decode incoming TypedData: unsupported combination of TypedData field "
            f"{datum.type!r} and expected binding type {parameter.binding_type}"
        ) from None


def _converter(parameter: Parameter) -> Any:
    if parameter.is_deferred:
        from azurefunctions.extensions.base import get_binding_registry
    else:
        from azure.functions import get_binding_registry
    return get_binding_registry().get(parameter.binding_type)


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
