"""What may be wrong between settings, or inside one that is a text of its own kind."""

import base64
import binascii
import re
from typing import Any

NO_ACCOUNT_NAME = (
    "BLOB_ACCOUNT_NAME: is missing; AzureWebJobsStorage__blobServiceUri does not tell the account's"
    " name, which links are signed for"
)
NO_STORAGE = (
    "AzureWebJobsStorage: is missing; give a connection string, or"
    " AzureWebJobsStorage__accountName to use a managed identity"
)
EMULATOR = (
    "names the emulator in a way that not every SDK knows: write UseDevelopmentStorage=true, in"
    " these letters and without a semicolon; an emulator elsewhere needs a whole connection string"
)
# A fingerprint, or a line of known_hosts, which ends in the key or a comment.
HOST_KEY = re.compile(
    r"^SHA256:[A-Za-z0-9+/]{43}=?$|(^|\s)(ssh|ecdsa)-\S+ AAAA[A-Za-z0-9+/]+=*(\s|$)"
)
# The only addresses in which the SDK finds the name.
MINIMUM_KEY_LENGTH = 16
LEAST_LETTERS = 5  # that differ
# Words of the keys that stand in documentation, ours and everybody's.
EXAMPLE_KEY_WORDS = ("your", "example", "changeme", "change-me", "replace", "placeholder", "<")
ACCOUNT_NAME = re.compile(r"^[a-z0-9]{3,24}$")
ENDPOINT_SUFFIX = re.compile(r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
NAMES_ITS_ACCOUNT = re.compile(r"^https?://[a-z0-9]{3,24}\.blob\.core\.")


def connection_fault(text: str) -> str | None:
    """What is wrong with a storage connection string, if anything is."""
    if text == "UseDevelopmentStorage=true":
        return None  # to the letter: the SDKs agree on no other spelling
    pairs = [part.partition("=") for part in text.rstrip(";").split(";")]
    parts = {name.strip().casefold(): value for name, _, value in pairs}  # as the SDKs read them
    if "usedevelopmentstorage" in parts:
        return EMULATOR
    if "sharedaccesssignature" in parts:
        return "must hold an account key: a shared access signature cannot sign download links"
    fault = _spelling_fault(pairs) or _account_fault(parts)
    return fault and f"is not a storage connection string: {fault}"


def _spelling_fault(pairs: list[tuple[str, str, str]]) -> str | None:
    """What the SDK would read as another name, or as an address that is none."""
    if not all(mark for _, mark, _ in pairs):
        return "a part of it has no value"
    if any(name != name.strip() or value != value.strip() for name, _, value in pairs):
        return "there are blanks around a name or a value in it"
    for name, _, value in pairs:
        what = name.casefold()
        if what == "defaultendpointsprotocol" and value.lower() not in {"http", "https"}:
            return "DefaultEndpointsProtocol is neither http nor https"
        if what == "endpointsuffix" and not ENDPOINT_SUFFIX.match(value):
            return "EndpointSuffix is no name of a network, such as core.windows.net"
        if what.endswith("endpoint") and not re.match(r"^https?://[^/\s]+", value):
            return f"{name} is no address that begins with http:// or https://"
    return None


def _account_fault(parts: dict[str, str]) -> str | None:
    missing = [name for name in ("AccountName", "AccountKey") if not parts.get(name.casefold())]
    if missing:
        return f"{' and '.join(missing)} missing"
    is_elsewhere = "blobendpoint" in parts  # an emulator of one's own, which knows other names
    if not is_elsewhere and not ACCOUNT_NAME.match(parts["accountname"]):
        return "no account can have the name in AccountName"
    try:
        base64.b64decode(parts["accountkey"], validate=True)
    except binascii.Error:
        return "AccountKey is not base64"
    return None


def storage_faults(values: dict[str, Any]) -> list[str]:
    """Exactly one way to reach the storage account must be complete."""
    if values.get("AzureWebJobsStorage") or values.get("AzureWebJobsStorage__accountName"):
        return []
    addresses = [f"AzureWebJobsStorage__{s}ServiceUri" for s in ("blob", "queue", "table")]
    missing = [name for name in addresses if not values.get(name)]
    if len(missing) == len(addresses):
        return [NO_STORAGE]
    faults = [f"{name}: is missing beside the other service addresses" for name in missing]
    blob_url = str(values.get(addresses[0], ""))
    if blob_url and not (NAMES_ITS_ACCOUNT.match(blob_url) or values.get("BLOB_ACCOUNT_NAME")):
        faults.append(NO_ACCOUNT_NAME)
    return faults


def lease_faults(values: dict[str, Any]) -> list[str]:
    """A lease must outlive two lost heartbeats, or live attempts would be taken for dead."""
    try:
        lease_s = int(values.get("LEASE_SECONDS", 45))
        heartbeat_s = int(values.get("HEARTBEAT_SECONDS", 10))
    except ValueError:
        return []  # reported as the single setting's own fault
    if heartbeat_s * 3 > lease_s:
        return ["LEASE_SECONDS: must be at least three times HEARTBEAT_SECONDS"]
    return []


def target_faults(values: dict[str, Any]) -> list[str]:
    """What is missing beside the places to which results go."""
    faults = _sftp_faults(values)
    if values.get("SIMPI_API_BASE_URL") and not values.get("SIMPI_API_TOKEN"):
        faults.append("SIMPI_API_TOKEN: is missing beside SIMPI_API_BASE_URL")
    return faults


def _sftp_faults(values: dict[str, Any]) -> list[str]:
    """Files go to a server that is known by its key, and to nobody who has only its name."""
    if not values.get("SFTP_HOST"):
        return []
    faults = []
    if not HOST_KEY.search(str(values.get("SFTP_HOST_KEY") or "")):
        faults.append(
            "SFTP_HOST_KEY: must be a line of ssh-keyscan, or SHA256:... as ssh-keygen -lf tells"
        )
    if not values.get("SFTP_USERNAME"):
        faults.append("SFTP_USERNAME: is missing beside SFTP_HOST")
    if not (values.get("SFTP_PASSWORD") or values.get("SFTP_PRIVATE_KEY")):
        faults.append("SFTP_PASSWORD: is missing beside SFTP_HOST; or give SFTP_PRIVATE_KEY")
    return faults


def key_fault(key: str) -> str | None:
    """What is wrong with a key or another secret that is made by chance, or None."""
    if any(word in key.lower() for word in EXAMPLE_KEY_WORDS) or len(set(key)) < LEAST_LETTERS:
        return "is an example, not a key; make one with: openssl rand -hex 32"
    if len(key) < MINIMUM_KEY_LENGTH or not key.isascii() or key != key.strip():
        return f"must be at least {MINIMUM_KEY_LENGTH} ASCII characters without blanks around it"
    return None
