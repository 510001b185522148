"""Where the next page of a list begins, in letters that only this service can make."""

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from errors.requests import BadContinuationError
from integrations.secret_keys import SecretKeys

MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Continuations:
    """Makes and reads them; `of` says of which list, of whom, and by which filters."""

    keys: SecretKeys

    def made(self, of: Sequence[str], place: Sequence[str]) -> str:
        """The letters for a place in a list."""
        data = json.dumps(list(place), ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(of, data) + data).decode().rstrip("=")

    def read(self, of: Sequence[str], letters: str) -> list[str]:
        """The place; raises BadContinuationError for another list, other filters, other letters."""
        try:
            raw = base64.b64decode(
                letters + "=" * (-len(letters) % 4), altchars=b"-_", validate=True
            )
        except ValueError:
            raise BadContinuationError from None
        mac, data = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(of, data)):
            raise BadContinuationError
        place: list[str] = json.loads(data)
        return place

    def _mac(self, of: Sequence[str], data: bytes) -> bytes:
        key = self.keys.derived("continuation", json.dumps(list(of)))
        return hmac.digest(key, data, "sha256")[:MAC_BYTES]
