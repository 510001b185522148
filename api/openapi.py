"""The OpenAPI document: what FastAPI makes of the routes, as generators of clients want it."""

from typing import Any

from fastapi import FastAPI

from api.problem import PROBLEM, PROBLEM_SCHEMA
from api.schema import COMPONENTS, with_components
from api.status import STATUS_EXAMPLE, JobStatus

# What FastAPI would answer with by itself; nothing here does, and it refers to what is not there.
NOT_OURS = ("HTTPValidationError", "ValidationError")
# A request without it is refused by a code of its own, so FastAPI takes it for optional.
REQUIRED_IN_QUERIES = "blob_name"
LICENSE = {"name": "MIT", "identifier": "MIT"}

Document = dict[str, Any]


def describe(api: FastAPI) -> None:
    """Has the application describe itself so; the document is made once, when it is asked for."""
    as_made = api.openapi

    def openapi() -> Document:
        # What `as_made` has made is not asked of it again: it would add its own schemas anew.
        if api.openapi_schema is None:
            api.openapi_schema = _mended(as_made())
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _mended(document: Document) -> Document:
    document["info"]["license"] = LICENSE
    schemas = document["components"]["schemas"]
    for name in NOT_OURS:
        schemas.pop(name, None)
    schemas.update(COMPONENTS | {PROBLEM: PROBLEM_SCHEMA})
    # FastAPI would leave out what is null in it.
    schemas[JobStatus.__name__]["examples"] = [STATUS_EXAMPLE]
    for methods in document["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schemas.update(content["schema"].pop("$defs", {}))
                _name(content, schemas)
            for parameter in operation.get("parameters", ()):
                _mend_parameter(parameter)
    mended: Document = with_components(document)
    return mended


def _name(content: Document, schemas: Document) -> None:
    """A body that has a title becomes a component: generators name it so."""
    if title := content["schema"].get("title"):
        schemas[title] = content["schema"]
        content["schema"] = {"$ref": f"#/components/schemas/{title}"}


def _mend_parameter(parameter: Document) -> None:
    """Nobody can send null in an address: what may be absent is only not required."""
    schema = parameter["schema"]
    if "anyOf" in schema:
        (kind,) = (each for each in schema.pop("anyOf") if each.get("type") != "null")
        schema.update(kind)
    if parameter["name"] == REQUIRED_IN_QUERIES:
        parameter["required"] = True
        schema["minItems" if schema["type"] == "array" else "minLength"] = 1
