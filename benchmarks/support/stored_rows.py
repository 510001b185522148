"""Multiplies table rows in the file of an Azurite that is at rest.

Asked for it one by one, Azurite looks through the whole table for each: 100,000 take an hour.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from devhost.azurite import ACCOUNT

FILE = "__azurite_db_table__.json"
# What stands in a row for its number; copies have their own there.
NUMBER = "-000000."


def multiply(folder: Path, tables: Sequence[str], numbers: range) -> None:
    """Adds to each table a copy for every number of its row that has NUMBER in its key."""
    path = folder / FILE
    content = json.loads(path.read_text(encoding="utf-8"))
    names = {f"{ACCOUNT}${table}" for table in tables}
    for collection in content["collections"]:
        if collection["name"] in names:
            _multiply(collection, numbers)
    path.write_text(json.dumps(content), encoding="utf-8")


def _multiply(collection: dict[str, Any], numbers: range) -> None:
    rows, next_id = collection["data"], collection["maxId"] + 1
    model = json.dumps(next(row for row in rows if NUMBER in row["RowKey"]))
    for number in numbers:
        row = json.loads(model.replace(NUMBER, f"-{number:06d}."))
        rows.append(row | {"$loki": next_id})
        next_id += 1
    collection["maxId"] = next_id - 1
    for name, index in collection["binaryIndices"].items():
        index["values"] = sorted(range(len(rows)), key=lambda place: str(rows[place][name]))
