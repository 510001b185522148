"""How a form with a file is described to machines."""

from typing import Any

from jobs.contract import Contract, Terms
from lifecycle.ingest import LONGEST_ID, ORGANIZATION_FIELD, form_options


def described_form(terms: Terms) -> dict[str, Any]:
    """The request of a route that takes one, for OpenAPI."""
    text = {"type": "string", "maxLength": LONGEST_ID}
    properties: dict[str, Any] = {
        "file": {"type": "string", "format": "binary", "description": "The photo or video."},
        terms.id_field: text | {"minLength": 1, "description": "What the sender calls it."},
    }
    if terms.contract is Contract.VIDEO:
        properties[ORGANIZATION_FIELD] = text | {"description": "Whose it is at the sender's."}
    schema = {
        "type": "object",
        "required": ["file", terms.id_field],
        "properties": properties | form_options(),
    }
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "A repetition with the same key is answered alike, and makes no second job.",
    }
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}},
        "parameters": [key],
    }
