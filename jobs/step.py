"""Which step of a SIMPI course a file belongs to, as its name tells."""

import re

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
STEP = re.compile(r"step-(.+)-[^-]+\.[^.]+")


def step_id_of(blob_name: str) -> str | None:
    """The first UUID in the file's name, else the id of `step-{id}-{timestamp}.{extension}`.

    None when the name has neither. Folders do not count: some are UUIDs of our own.
    """
    name = blob_name.rpartition("/")[2]
    if found := UUID.search(name):
        return found.group()
    step = STEP.fullmatch(name)
    return step.group(1) if step else None
