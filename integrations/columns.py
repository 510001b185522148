"""Values as a table stores them, and back."""

from datetime import datetime
from typing import Any

from azure.data.tables import EdmType, EntityProperty

# A property holds 64 KiB of UTF-16.
LONGEST_TEXT = 30_000


def stored(value: Any) -> Any:
    """Sizes need 64 bits; the SDK would store a plain int in 32 and refuse 5 GB."""
    if isinstance(value, str):
        return str(value)[:LONGEST_TEXT]
    if isinstance(value, int) and not isinstance(value, bool):
        return EntityProperty(value, EdmType.INT64)
    return value


def plain(value: Any) -> Any:
    """Python's own types, not the SDK's."""
    if isinstance(value, datetime):
        return datetime.combine(value.date(), value.timetz())
    if isinstance(value, tuple):  # EntityProperty of a 64-bit integer
        return int(value[0])
    return value
