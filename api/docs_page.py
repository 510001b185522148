"""GET /api/docs: the OpenAPI document as a page for people, without scripts and foreign hosts."""

import base64
import hashlib
import json
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

from api.http_route import DOCS_PATH, OPENAPI_PATH

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border-top: 1px solid #8884; padding: .3rem .6rem .3rem 0; text-align: left; }
td { vertical-align: top; overflow-wrap: anywhere; }
pre { background: #8882; border-radius: .4rem; overflow: auto; padding: .6rem; }
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# No script, no address: the page can ask nobody for anything, and nobody can frame it.
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

Document = dict[str, Any]


def docs_router(api: FastAPI) -> APIRouter:
    """The route; public, as the document is."""
    router = APIRouter()

    @router.get(DOCS_PATH, include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page_of(api.openapi()), headers=HEADERS)

    return router


def page_of(document: Document) -> str:
    """The whole page; every text of the document is escaped."""
    info, schemas = document["info"], document["components"]["schemas"]
    operations = "".join(
        _operation(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    shown = "".join(_schema(name, schema) for name, schema in schemas.items())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(info["title"])} {escape(info["version"])}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(info["title"])} {escape(info["version"])}</h1>
<p>{escape(info["description"])}</p>
<p>The same for machines: <a href="{OPENAPI_PATH}">{OPENAPI_PATH}</a></p>
<h2>Operations</h2>
{operations}
<h2>Schemas</h2>
{shown}
</body>
</html>
"""


def _operation(path: str, method: str, operation: Document) -> str:
    parameters = [
        (each["name"], each["in"], each.get("required", False), each)
        for each in operation.get("parameters", ())
    ]
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{place}"
        f"{', required' if is_required else ''}</td><td>{_kind(each['schema'])}</td>"
        f"<td>{escape(each.get('description', ''))}</td></tr>"
        for name, place, is_required, each in parameters
    )
    table = f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""
    access = "needs a key" if operation.get("security") else "public"
    return (
        f'<details id="{escape(operation["operationId"])}">'
        f"<summary><b>{method.upper()}</b> <code>{escape(path)}</code> "
        f"{escape(operation['summary'])} ({access})</summary>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        f"{table}{_body(operation)}{_answers(operation)}</details>"
    )


def _body(operation: Document) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return "".join(
        f"<h4>Body: {escape(kind)}</h4>{_members(each['schema'])}" for kind, each in content.items()
    )


def _answers(operation: Document) -> str:
    rows = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])}</td><td>"
        + ", ".join(_kind(each["schema"]) for each in answer.get("content", {}).values())
        + "</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return f"<h4>Answers</h4><table>{rows}</table>"


def _schema(name: str, schema: Document) -> str:
    examples = "".join(
        f"<pre>{escape(json.dumps(each, indent=2, ensure_ascii=False))}</pre>"
        for each in schema.get("examples", ())
    )
    return (
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<p>{escape(schema.get('description', ''))}</p>{_members(schema)}{examples}</details>"
    )


def _members(schema: Document) -> str:
    """A row for each member of an object; of anything else what it is."""
    if "properties" not in schema:
        return f"<p>{_kind(schema)}</p>"
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td>"
        f"<td>{_kind(each)}{', required' if name in required else ''}</td>"
        f"<td>{escape(each.get('description', ''))}</td></tr>"
        for name, each in schema["properties"].items()
    )
    return f"<table>{rows}</table>"


def _kind(schema: Document) -> str:
    """What a value may be, in a few words; what has a name links to it."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " | ".join(_kind(each) for each in schema[word])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    kind = schema.get("type", "anything")
    return escape(f"{kind} ({schema['format']})" if "format" in schema else kind)
