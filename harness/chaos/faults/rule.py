"""Which call to storage is met by which fault; a seed decides where chance has a say."""

import random
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace

BEFORE, AFTER = "before", "after"
RESET, DELAY, TRUNCATE, DRIP, REPEAT = "reset", "delay", "truncate", "drip", "repeat"
# What an answer of that status says in its error code, in the words of the services.
STATUSES = {
    "403": "AuthenticationFailed",
    "404": "ResourceNotFound",
    "409": "Conflict",
    "429": "TooManyRequests",
    "500": "InternalError",
    "503": "ServerBusy",
}
# Of the answer, or of a call that was done: there is nothing to cut or to repeat before.
AFTER_ONLY = (TRUNCATE, DRIP, REPEAT)
SERVICES = ("blob", "queue", "table")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to storage."""

    service: str
    method: str
    path: str  # unquoted, without the account: uploads/a.png
    operation: str  # in the words of the service's documentation: put blob


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of fault and the calls that it may meet."""

    fault: str  # reset, delay, truncate, drip, repeat, or the status of an answer
    phase: str = BEFORE  # before the call reaches storage, or after storage has applied it
    service: str | None = None  # any
    method: str | None = None  # any
    path: str = ""  # a regular expression that is looked for
    p: float = 1.0  # the probability of each call
    nth: int | None = None  # only the n-th of these calls, counted from 1
    seconds: float = 1.0  # of a delay; at most so long until a repetition
    times: int = 5  # a call is done once to so often
    bytes_per_s: int = 1024  # of a drip
    retry_after: int | None = None  # seconds, in the header of an answer

    def __post_init__(self) -> None:
        if self.fault not in (RESET, DELAY, *AFTER_ONLY, *STATUSES):
            raise ValueError(f"no such fault: {self.fault}")
        if self.phase not in (BEFORE, AFTER) or self.service not in (None, *SERVICES):
            raise ValueError(f"no such phase or service: {self.phase}, {self.service}")
        if self.fault in AFTER_ONLY and self.phase == BEFORE:
            raise ValueError(f"a {self.fault} comes after the call: say 'after'")
        re.compile(self.path)

    @property
    def name(self) -> str:
        """For people and counts: `reset after`."""
        return f"{self.fault} {self.phase}"

    def matches(self, call: Call) -> bool:
        """Whether the rule is about this call at all."""
        return (
            self.service in (None, call.service)
            and self.method in (None, call.method)
            and re.search(self.path, call.path) is not None
        )


class Forecast:
    """Decides, call by call; of the rules that apply the first wins."""

    def __init__(self, rules: Iterable[Rule] = (), seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.change(rules)

    def change(self, rules: Iterable[Rule]) -> None:
        """Other rules from the next call on."""
        self._met = [(rule, [0]) for rule in rules]

    def fault_of(self, call: Call) -> Rule | None:
        """The fault that this call meets."""
        for rule, met in self._met:
            if not rule.matches(call):
                continue
            met[0] += 1
            if rule.nth is not None and rule.nth != met[0]:
                continue
            if self._random.random() < rule.p:
                return rule
        return None

    def repetitions(self, rule: Rule) -> list[float]:
        """The seconds after which a call is done again, each: up to `rule.times` - 1.

        Most are short: what comes at the same moment is harder to bear than what comes later.
        """
        more = self._random.randint(0, rule.times - 1)
        return [rule.seconds * self._random.random() ** 3 for _ in range(more)]


def parsed_rule(text: str) -> Rule:
    """The rule that a line of words says: `503 before service=queue path=/messages p=0.2`.

    Raises ValueError when it says none.
    """
    fault, *words = shlex.split(text) or [""]
    phase = words.pop(0) if words and "=" not in words[0] else BEFORE
    given = dict(word.split("=", 1) for word in words)
    kinds = {
        "p": float,
        "seconds": float,
        "nth": int,
        "times": int,
        "bytes_per_s": int,
        "retry_after": int,
    }
    if unknown := given.keys() - {"service", "method", "path", *kinds}:
        raise ValueError(f"no such condition: {', '.join(sorted(unknown))}")
    return Rule(fault, phase, **{name: kinds.get(name, str)(v) for name, v in given.items()})


def in_turn(rules: Iterable[Rule], share: float) -> list[Rule]:
    """The rules, so that together they meet that share of all calls, each as often as the next."""
    listed = list(rules)
    each = share / len(listed)
    # A rule only sees what those before it let through.
    return [replace(rule, p=each / (1 - met * each)) for met, rule in enumerate(listed)]
