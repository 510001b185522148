"""Prints the app's functions as `func start` does."""

from collections.abc import Iterable

from devhost import console
from devhost.app.metadata import Function
from devhost.app.route import Route


def print_functions(functions: Iterable[Function], routes: Iterable[Route], port: int) -> None:
    """The `Functions:` block: HTTP functions with their URLs first, then the others."""
    by_name = {route.function_name: route for route in routes}
    ordered = sorted(functions, key=lambda function: function.trigger.type != "httpTrigger")
    console.plain("\nFunctions:\n")
    for function in ordered:
        if function.is_disabled:
            console.plain(f"\tFunction {function.name} is disabled.\n")
        elif function.name in by_name:
            route = by_name[function.name]
            methods = function.trigger.options.get("methods")
            shown = f"[{','.join(str(m).upper() for m in methods)}] " if methods else ""
            url = f"http://localhost:{port}/{route.template}"
            console.plain(f"\t{function.name}: {shown}{url}\n")
        else:
            console.plain(f"\t{function.name}: {function.trigger.type}\n")
