"""How sizes, times and names are written for people."""

import unicodedata

from visible_text import visible

_UNITS = ("bytes", "kB", "MB", "GB")


def size_text(size_bytes: float) -> str:
    """`412 kB`; three digits, as disks and browsers count: 1 kB is 1000 bytes."""
    value, unit = float(size_bytes), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 1 if unit and value < 9.95 else 0
    return f"{value:.{digits}f} {_UNITS[unit]}"


def time_text(seconds: float) -> str:
    """`0.21 s`, `12 s`, `3 min 20 s`, `1 h 2 min`."""
    if seconds < 9.95:
        return f"{seconds:.2g} s" if seconds < 0.995 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole // 60 % 60} min"
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def clock_text(seconds: float) -> str:
    """`0:12`, `1:02:03`."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def name_text(name: object) -> str:
    """A file's name with all escaped that could move a terminal's cursor, or hide in it."""
    return visible(str(name))


def columns_of(text: str) -> int:
    """How many columns of a terminal `text` takes: Chinese letters and emoji take two each."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def shortened(text: str, columns: int) -> str:
    """`text`, or as much of its begin as fits into `columns` with a `~` after it."""
    if columns_of(text) <= columns:
        return text
    while text and columns_of(text) >= columns:
        text = text[:-1]
    return text + "~"
