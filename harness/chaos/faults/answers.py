"""The answers that Azure Storage gives when it will not do what it was asked."""

import json
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from harness.chaos.faults.rule import STATUSES, Call, Rule

MESSAGES = {
    "403": "Server failed to authenticate the request.",
    "404": "The specified resource does not exist.",
    "409": "The request could not be completed due to a conflict.",
    "429": "Too many requests.",
    "500": "The server encountered an internal error. Please retry the request.",
    "503": "The server is busy.",
}


def refusal(call: Call, rule: Rule) -> bytes:
    """A whole answer with the status of the rule, in the form of the call's service."""
    now, request_id = datetime.now(UTC), str(uuid.uuid4())
    text = f"{MESSAGES[rule.fault]}\nRequestId:{request_id}\nTime:{now.isoformat()}"
    code = STATUSES[rule.fault]
    body = _json(code, text) if call.service == "table" else _xml(code, text)
    head = {
        "Content-Length": str(len(body)),
        "Content-Type": "application/json" if call.service == "table" else "application/xml",
        "Date": format_datetime(now, usegmt=True),
        "Server": "Faults",
        "x-ms-error-code": code,
        "x-ms-request-id": request_id,
    }
    if rule.retry_after is not None:
        head["Retry-After"] = str(rule.retry_after)
    first = f"HTTP/1.1 {rule.fault} {HTTPStatus(int(rule.fault)).phrase}"
    lines = [first, *(f"{name}: {value}" for name, value in head.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + (b"" if call.method == "HEAD" else body)


def _xml(code: str, text: str) -> bytes:
    document = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
    return f'<?xml version="1.0" encoding="utf-8"?>{document}'.encode()


def _json(code: str, text: str) -> bytes:
    message = {"lang": "en-US", "value": text}
    return json.dumps({"odata.error": {"code": code, "message": message}}).encode()
