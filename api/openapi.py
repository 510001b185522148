"""The OpenAPI document: what FastAPI makes of the routes, without what generators stumble over."""

from typing import Any

from fastapi import FastAPI

from api.problem import PROBLEM, PROBLEM_SCHEMA

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
    schemas[PROBLEM] = PROBLEM_SCHEMA
    for methods in document["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schemas.update(content["schema"].pop("$defs", {}))
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == REQUIRED_IN_QUERIES:
                    text = parameter["schema"]["description"]
                    parameter["required"] = True
                    parameter["schema"] = {"type": "string", "minLength": 1, "description": text}
    return document
