"""The words of fields that are texts in code, as OpenAPI has them.

A row may hold a word of a newer version of the service. It is passed on, so the models do not
refuse it: only the document lists the words.
"""

from collections.abc import Callable, Iterable
from typing import Any

from pydantic import ConfigDict

import errors
import errors.deliveries
import errors.requests
import jobs.retry
from notes import NoteCode

Schema = dict[str, Any]
# Of an answer: what has a default is in it all the same.
ALWAYS_SENT = ConfigDict(json_schema_serialization_defaults_required=True)
# Stands in a schema until the document is whole: pydantic knows no schema of ours.
COMPONENT = "x-component"
ERROR_CODE, NOTE_CODE = "ErrorCode", "NoteCode"
PASSTHROUGH_WORDS = ("already_compact", "not_smaller", "encoding_failed")


def error_codes() -> list[str]:
    """Every code that an answer may have, of a request, a job or a delivery."""
    modules = (errors, errors.deliveries, errors.requests, jobs.retry)
    classes = [each for module in modules for each in vars(module).values()]
    return sorted({each.code for each in classes if hasattr(each, "code")})


# What the models refer to by name.
COMPONENTS: dict[str, Schema] = {
    ERROR_CODE: {
        "type": "string",
        "enum": error_codes(),
        "description": "What went wrong, for programs. A newer version may know more of them.",
    },
    NOTE_CODE: {
        "type": "string",
        "enum": [each.name for each in NoteCode],
        "description": "What was changed, for programs. A newer version may know more of them.",
    },
}


def named(component: str) -> Callable[[Schema], None]:
    """For `json_schema_extra`: the text is of that component."""
    return lambda schema: _text_of(schema).update({COMPONENT: component})


def one_of(words: Iterable[str]) -> Callable[[Schema], None]:
    """For `json_schema_extra`: the text is one of these."""
    listed = list(words)
    return lambda schema: _text_of(schema).update(enum=listed)


def with_components(schema: Any) -> Any:
    """The schema, or any part of the document, with references where `named` was."""
    if isinstance(schema, list):
        return [with_components(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if COMPONENT in schema:
        reference = {"$ref": f"#/components/schemas/{schema[COMPONENT]}"}
        text = schema.get("description")
        return reference | ({"description": text} if text else {})
    return {name: with_components(each) for name, each in schema.items()}


def _text_of(schema: Schema) -> Schema:
    """The part of a schema that is not null."""
    found: Schema = next(each for each in schema.get("anyOf", [schema]) if each.get("type"))
    return found
