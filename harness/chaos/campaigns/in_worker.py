"""Runs in the worker before function_app.py: its own way to the account, and a count of encodes."""

import os
import time
from typing import Any

STORAGE = "CHAOS_WORKER_STORAGE"  # variables, inherited from the campaign
ENCODES = "CHAOS_ENCODES"
PAUSE_S = "CHAOS_ENCODE_PAUSE_S"
PREFACE = "from harness.chaos.campaigns import in_worker\nin_worker.prepare()"


def prepare() -> None:
    """To be called before the app reads its settings."""
    os.environ |= {"AzureWebJobsStorage": os.environ[STORAGE]}
    from lifecycle import work

    compress = vars(work)["compress"]

    def counted(*args: Any) -> Any:
        """A byte for each time; appended at once, so that no death of the worker loses it."""
        file = os.open(os.environ[ENCODES], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, b".")
        os.close(file)
        time.sleep(float(os.environ.get(PAUSE_S, "0")))
        return compress(*args)

    vars(work)["compress"] = counted
