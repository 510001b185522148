"""scripts/keys does from a shell what the API does."""

import json
import subprocess
import sys
from pathlib import Path

import httpx2

from tests.api.conftest import KEY

from .conftest import Keyring

ROOT = Path(__file__).parents[3]


def keys(keyring: Keyring, *arguments: str, key: str = KEY) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "harness.laptop.keys", *arguments]
    return subprocess.run(
        [*command, "--url", keyring.address],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"API_KEY": key, "PYTHONPATH": str(ROOT), "PATH": ""},
    )


def test_a_key_from_its_making_to_its_end(keyring: Keyring) -> None:
    tenant = keyring.tenant()
    made = keys(keyring, "create", "shop", "--tenant", tenant, "--scope", "read", "--json")
    key = json.loads(made.stdout)
    client = keyring.client_with(key["key"])
    assert client.get("/api/key").json()["tenant"] == tenant

    rotated = keys(keyring, "rotate", key["id"], "--overlap-hours", "0").stdout
    listed = keys(keyring, "list", "--tenant", tenant).stdout
    revoked = keys(keyring, "revoke", key["id"], "--reason", "lost").stdout
    audit = keys(keyring, "audit", "--tenant", tenant).stdout

    assert key["key"] not in rotated
    assert rotated.splitlines()[1].startswith("key  mc_live_")
    assert [line.split()[:2] for line in listed.splitlines()] == [
        ["id", "name"],
        [key["id"], "shop"],
    ]
    assert "revoked_at" in revoked
    words = [line.split()[1] for line in audit.splitlines()]
    assert words == ["key.revoked", "key.rotated", "key.created"]
    assert "lost" in audit.splitlines()[0]


def test_a_refusal_is_told_by_its_code(keyring: Keyring) -> None:
    refused = keys(keyring, "show", "nobody")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "keys: UNKNOWN_KEY: There is no key of this id.\n"


def test_without_a_key_it_says_where_to_put_one(keyring: Keyring) -> None:
    assert keys(keyring, "list", key="").stderr == "keys: set API_KEY in the environment\n"


def test_the_key_is_never_an_argument(keyring: Keyring) -> None:
    shown = keys(keyring, "--help")

    assert "--key" not in shown.stdout + keys(keyring, "list", "--help").stdout
    assert httpx2.get(f"{keyring.address}/api/key").status_code == 401
