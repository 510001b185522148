"""Where a list goes on, as a token for clients: signed, so that none is made or altered by them."""

import base64
import hmac
import json
from collections.abc import Sequence
from hashlib import sha256

from errors.requests import BadContinuationError
from integrations.secret_keys import SecretKeys

VERSION = 1
LABEL = "continuation"
MAC_BYTES = 16


def sealed(keys: SecretKeys, place: Sequence[str], question: Sequence[str]) -> str:
    """A token for that place in the answer to that question, which only goes with it."""
    text = json.dumps([VERSION, *place], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(keys, text, question) + text).decode().rstrip("=")


def unsealed(keys: SecretKeys, token: str, question: Sequence[str]) -> list[str]:
    """The place; raises BadContinuationError for any token that sealed() has not made for this."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise BadContinuationError from None
    mac, text = raw[:MAC_BYTES], raw[MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(keys, text, question)):
        raise BadContinuationError
    version, *place = json.loads(text)
    if version != VERSION:
        raise BadContinuationError
    return [str(each) for each in place]


def _mac(keys: SecretKeys, text: bytes, question: Sequence[str]) -> bytes:
    asked = sha256(json.dumps(list(question)).encode()).digest()
    return hmac.digest(keys.derived(LABEL), asked + text, "sha256")[:MAC_BYTES]
