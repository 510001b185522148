"""What a worker and its zygote say to each other about one fork."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from processing.sandbox.limits import ForkLimits

FORKED: Final = b"forked"
NOT_FORKED: Final = b"not forked"  # There was no process to be had.
# After FORKED the next word is the child's exit status, in digits.


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one fork has to do, where, and within which limits."""

    request: dict[str, Any]
    cwd: str  # the job's private folder
    limits: ForkLimits

    def encode(self) -> bytes:
        """The assignment as one message."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, message: bytes) -> "Assignment":
        """Read what encode() wrote."""
        said = json.loads(message)
        return cls(said["request"], said["cwd"], ForkLimits(*said["limits"]))
