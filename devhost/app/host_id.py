"""Names this host in the storage account: receipts, locks and status blobs lie under it."""

import re
import socket
import zlib
from pathlib import Path

from devhost.app.app_settings import AppSettings

MAX_LENGTH = 32


def host_id(settings: AppSettings, root: Path) -> str:
    """The id that the settings give, else one made of the machine's name and the app's folder."""
    given = settings.get("AzureFunctionsWebHost__hostid")
    if given:
        return given.lower()[:MAX_LENGTH]
    machine = re.sub(r"[^a-z0-9]", "", socket.gethostname().lower()) or "localhost"
    digest = str(zlib.crc32(str(root).encode()))
    return f"{machine[: MAX_LENGTH - 1 - len(digest)]}-{digest}"
