"""Splits the words of a test into what is asked and what one attempt may use."""

from dataclasses import fields
from typing import Any

from order import Order
from processing.allowance import Allowance


def wanted(**words: Any) -> tuple[Order, Allowance]:
    """An order and an allowance; each word belongs to one of them."""
    names = {field.name for field in fields(Allowance)} & words.keys()
    allowed = {name: words.pop(name) for name in names}
    return Order(**words), Allowance(**allowed)
