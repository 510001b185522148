"""Text of a client as it may stand in a line for people: nothing in it hides or turns the line."""

from itertools import chain

# Letters and marks that show nothing, though Unicode counts them among the visible ones.
BLANKS = frozenset(
    map(
        chr,
        chain(
            (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            range(0x180B, 0x1810),  # Mongolian
            range(0xFE00, 0xFE10),  # variation selectors, as are the last
            range(0xE0100, 0xE01F0),
        ),
    )
)


def visible(text: str) -> str:
    """The text with escapes for control characters, ends of lines, bidirectional and blank ones."""
    return "".join(
        each if each.isprintable() and each not in BLANKS else ascii(each)[1:-1] for each in text
    )
