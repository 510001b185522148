"""Loads the app's script in the worker and finds its functions, as the genuine worker does."""

import importlib
import inspect
import json
import os
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devhost.worker import streams
from devhost.worker.conversion import accepts
from devhost.worker.parameter import Parameter

DEFAULT_SCRIPT = "function_app.py"
PUBLISHED_PACKAGES = Path(".python_packages/lib/site-packages")


class IndexFailure(Exception):
    """The app cannot be indexed; the message is the genuine worker's."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A function that can be called."""

    name: str
    call: Callable[..., Any]
    directory: str
    is_async: bool
    is_http: bool
    takes_context: bool
    # The parameter for what started the function.
    trigger: Parameter
    has_retry_policy: bool
    # As the host receives them.
    raw_bindings: tuple[dict[str, Any], ...]


def index_app(root: Path) -> dict[str, Indexed]:
    """The functions of the app in `root`, by name.

    Raises IndexFailure, or whatever the app raises while it is imported.
    """
    sys.path.insert(0, str(root))
    if (root / PUBLISHED_PACKAGES).is_dir():
        sys.path.insert(1, str(root / PUBLISHED_PACKAGES))
    script = os.environ.get("PYTHON_SCRIPT_FILE_NAME") or DEFAULT_SCRIPT
    if not (root / script).is_file():
        raise IndexFailure(f"No {script} in {root}.")
    app = _the_app(importlib.import_module(Path(script).stem), script)
    return {each.name: each for each in map(_indexed, app.get_functions())}


def _the_app(module: Any, script: str) -> Any:
    from azure.functions import FunctionRegister

    found = [
        value
        for value in (getattr(module, name, None) for name in dir(module))
        if isinstance(value, FunctionRegister)
    ]
    if not found:
        raise IndexFailure(f"Could not find top level function app instances in {script}.")
    if len(found) > 1:
        raise IndexFailure(
            f"More than one {type(found[0]).__name__} or other top level function app instances "
            "are defined."
        )
    return found[0]


def _indexed(function: Any) -> Indexed:
    name, call = function.get_function_name(), function.get_user_function()
    bindings = {binding.name: binding for binding in function.get_bindings()}
    annotations = typing.get_type_hints(call)
    takes_context = _check_parameters(name, call, bindings)
    binding = function.get_trigger()
    is_http = binding.type == "httpTrigger"
    if is_http and not streams.is_enabled():
        raise IndexFailure(
            f"devhost cannot run the {name} function: it serves HTTP by streams alone; take a "
            "Request of azurefunctions.extensions.http.fastapi."
        )
    trigger = _parameter(name, binding, annotations)
    _check_answer(name, bindings.get("$return"), annotations.get("return"))
    return Indexed(
        name=name,
        call=call,
        directory=str(Path(inspect.getfile(call)).parent),
        is_async=inspect.iscoroutinefunction(call),
        is_http=is_http,
        takes_context=takes_context,
        trigger=trigger,
        has_retry_policy=function.get_settings_dict("retry_policy") is not None,
        raw_bindings=_raw_bindings(function, trigger),
    )


def _check_parameters(name: str, call: Callable[..., Any], bindings: Mapping[str, Any]) -> bool:
    """Whether the function wants a context; raises unless the others are exactly the bindings."""
    parameters = set(inspect.signature(call).parameters)
    takes_context = "context" in parameters and "context" not in bindings
    parameters -= {"context"} if takes_context else set()
    bound = {
        each.name
        for each in bindings.values()
        if each.name != "$return" and not (_is_output(each) and each.type == "http")
    }
    if parameters - bound - set(bindings):
        raise IndexFailure(
            f"cannot load the {name} function: the following parameters are declared in Python but "
            f"not in the function definition (function.json or function decorators): "
            f"{sorted(parameters - bound)}"
        )
    if bound - parameters:
        raise IndexFailure(
            f"cannot load the {name} function: Extra parameters in binding definition: the "
            "following parameters are declared as bindings but are not present in Python: "
            f"{sorted(bound - parameters)}"
        )
    return takes_context


def _is_output(binding: Any) -> bool:
    return bool(binding.direction == 1)


def _check_answer(function: str, binding: Any, annotation: Any) -> None:
    if binding is None or annotation is None:
        return
    if not streams.accepts(annotation, is_output=True):
        raise IndexFailure(
            f"cannot load the {function} function: Python return annotation "
            f'"{getattr(annotation, "__name__", annotation)}" does not match '
            f'binding type "{binding.type}"'
        )


def _parameter(function: str, binding: Any, annotations: Mapping[str, Any]) -> Parameter:
    annotation = annotations.get(binding.name)
    parameter = Parameter(binding.name, str(binding.type), annotation, _is_sdk(annotation))
    if annotation is not None and not accepts(parameter):
        raise IndexFailure(
            f"cannot load the {function} function: type of {binding.name} binding in the binding "
            f'decorator "{binding.type}" does not match its Python annotation '
            f'"{getattr(annotation, "__name__", annotation)}"'
        )
    return parameter


def _is_sdk(annotation: Any) -> bool:
    base = sys.modules.get("azurefunctions.extensions.base")
    return base is not None and bool(base.get_binding_registry().check_supported_type(annotation))


def _raw_bindings(function: Any, trigger: Parameter) -> tuple[dict[str, Any], ...]:
    if not trigger.is_deferred:
        return tuple(json.loads(text) for text in function.get_raw_bindings())
    from azurefunctions.extensions.base import get_binding_registry

    types = {trigger.name: _PyType(trigger.annotation)}
    texts, _ = get_binding_registry().get_raw_bindings(function, types)
    return tuple(json.loads(text) for text in texts)


@dataclass(frozen=True, slots=True)
class _PyType:
    # The name by which the extension's code looks for an annotation.
    pytype: Any
