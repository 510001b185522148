"""What may be asked of one job: every option, its values, and the three ways to write it.

A client asks by blob metadata (`mp_profile: lms720`), by form fields or by JSON (`profile`). The
command line, the row of the job, the documents and the API are made from this table or compared
with it; nothing else declares an option.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from compression_config import PROFILES
from errors import InvalidOptionError
from option_values import Address, Choice, Flag, Number, Text, Values

METADATA_PREFIX = "mp_"
# Azure's limit for names and values together; the emulator does not enforce it.
METADATA_LIMIT_BYTES = 8 * 1024
MOST_RETENTION_MINUTES = 30 * 24 * 60
DIGEST_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the table."""

    name: str
    values: Values
    default: Any  # None: the deployment decides, or nothing
    concerns: Literal["file", "job"]  # a file is compressed by it; only a job in the service has it
    meaning: str  # for people, as it stands in documents and in --help


def _option(
    default: Any, values: Values, meaning: str, concerns: Literal["file", "job"] = "file"
) -> Any:
    return field(
        default=default, metadata={"values": values, "meaning": meaning, "concerns": concerns}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """All that is asked of one job; it never changes while the job is not settled.

    Raises InvalidOptionError, naming the option, when it is made of values that are not allowed.
    """

    profile: str = _option("balanced", Choice(*PROFILES), "the set of rules for size and quality")
    image_output: str = _option(
        "webp",
        Choice("webp", "avif", "keep"),
        "the format of images; keep: the source's own, where browsers show it",
    )
    video_output: str = _option(
        "h264",
        Choice("h264", "av1"),
        "the codec of videos: h264 plays everywhere, av1 is smaller and for newer players",
    )
    target_quality: bool = _option(
        False, Flag(), "search each video's own rate for a fixed quality, instead of the profile's"
    )
    keep_copyright: bool = _option(
        False, Flag(), "keep the notices of author and copyright of images"
    )
    retention: int | None = _option(
        None,
        Number(1, MOST_RETENTION_MINUTES),
        "minutes for which the result is kept after completion",
        concerns="job",
    )
    priority: str | None = _option(
        None,
        Choice("high", "normal"),
        "the queue that the job waits in; by default small uploads have high priority",
        concerns="job",
    )
    reference: str | None = _option(
        None, Text(256), "a text of the client's own, which the status repeats", concerns="job"
    )
    webhook: str | None = _option(
        None,
        Address(),
        "where the end of the job is told, beside the webhooks that are there for all",
        concerns="job",
    )
    original_name: str | None = _option(
        None, Text(255), "what the file was called at its owner's", concerns="job"
    )

    def __post_init__(self) -> None:
        """Check each value, whatever the order was made from."""
        for option in OPTIONS:
            _checked(option, option.name, getattr(self, option.name))

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], default: "Order") -> "Order":
        """What the metadata of an upload asks for, over `default`.

        Names are compared without case, values are percent-decoded, and what does not begin with
        `mp_` is somebody else's. Raises InvalidOptionError for an unknown option or value.
        """
        asked: dict[str, str] = {}
        for name, text in metadata.items():
            key = name.lower()
            if not key.startswith(METADATA_PREFIX):
                continue
            if key in asked:
                raise InvalidOptionError(f"{key} is given twice, in different case.")
            asked[key] = _decoded(key, text)
        return cls._from_texts(asked, default, METADATA_PREFIX)

    @classmethod
    def from_form(cls, form: Mapping[str, str], default: "Order") -> "Order":
        """What the fields of a form ask for, over `default`; an empty field asks for nothing.

        Raises InvalidOptionError for an unknown option or value.
        """
        return cls._from_texts(form, default, "")

    @classmethod
    def from_json(cls, document: Any, default: "Order") -> "Order":
        """What a JSON object asks for, over `default`; null asks for nothing.

        Raises InvalidOptionError for an unknown option or value, and when it is no object.
        """
        if not isinstance(document, dict):
            raise InvalidOptionError("Options are given as a JSON object.")
        known = {option.name: option for option in OPTIONS}
        asked = {
            name: _checked(_known(known, name), name, value)
            for name, value in document.items()
            if value is not None or name not in known
        }
        return cls(**default.to_json() | asked)

    @classmethod
    def decode(cls, text: str) -> "Order":
        """Reads what encode() wrote; raises InvalidOptionError for anything else."""
        try:
            return cls.from_json(json.loads(text), cls())
        except ValueError as error:
            raise InvalidOptionError("The stored order cannot be read.") from error

    def encode(self) -> str:
        """JSON text, for the row of the job."""
        return json.dumps(self.to_json(), separators=(",", ":"))

    @property
    def digest(self) -> str:
        """The same for all orders by which a file becomes the same."""
        import hashlib  # milliseconds at the start of each command, for nothing

        asked = [getattr(self, option.name) for option in OPTIONS if option.concerns == "file"]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:DIGEST_LETTERS]

    def to_json(self) -> dict[str, str | int | bool]:
        """Every option that has a value."""
        return {
            option.name: getattr(self, option.name)
            for option in OPTIONS
            if getattr(self, option.name) is not None
        }

    def to_metadata(self) -> dict[str, str]:
        """The order as metadata of a blob, in ASCII.

        Raises InvalidOptionError when it is larger than storage accepts.
        """
        from urllib.parse import quote  # milliseconds at the start of each command, for nothing

        metadata = {
            f"{METADATA_PREFIX}{name}": quote(OPTION[name].values.write(value), safe="")
            for name, value in self.to_json().items()
        }
        if sum(len(name) + len(value) for name, value in metadata.items()) > METADATA_LIMIT_BYTES:
            raise InvalidOptionError("The options together are larger than 8 KiB of metadata.")
        return metadata

    @classmethod
    def _from_texts(cls, texts: Mapping[str, str], default: "Order", prefix: str) -> "Order":
        known = {f"{prefix}{option.name}": option for option in OPTIONS}
        asked = {}
        for name, text in texts.items():
            option = _known(known, name)
            if text.strip():
                asked[option.name] = _read(option, name, text.strip())
        return cls(**default.to_json() | asked)


def _options() -> Iterator[Option]:
    for each in fields(Order):
        yield Option(name=each.name, default=each.default, **each.metadata)


OPTIONS = tuple(_options())
OPTION = {option.name: option for option in OPTIONS}


def _known(known: Mapping[str, Option], name: Any) -> Option:
    if name not in known:
        names = ", ".join(known)
        raise InvalidOptionError(f"There is no option {_shown(name)}; there are: {names}.")
    return known[name]


def _read(option: Option, name: str, text: str) -> Any:
    try:
        return option.values.read(text)
    except ValueError:
        raise _refusal(option, name, text) from None


def _checked(option: Option, name: str, value: Any) -> Any:
    if value is None and option.default is None:
        return value
    try:
        return option.values.checked(value)
    except ValueError:
        raise _refusal(option, name, value) from None


def _refusal(option: Option, name: str, value: Any) -> InvalidOptionError:
    return InvalidOptionError(f"{name} is {_shown(value)}; it must be {option.values}.")


def _shown(value: Any) -> str:
    """As much as a message needs, in ASCII."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _decoded(name: str, text: str) -> str:
    from urllib.parse import unquote

    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidOptionError(f"{name} is not percent-encoded UTF-8.") from None
