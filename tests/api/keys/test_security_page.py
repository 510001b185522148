"""docs/security.md: its commands are run, and its figures are those of the code."""

import json
import os
import re
import subprocess
from pathlib import Path
from uuid import uuid4

from jobs.managed_key import CHECK_LETTERS, ID_LETTERS, LONGEST_OVERLAP, PREFIX, SECRET_LETTERS
from lifecycle.access import REFUSED_RATE
from lifecycle.known_keys import SILENCE_S, STALE_AFTER_S
from tests.api.conftest import KEY

from .conftest import Keyring

TEXT = (Path(__file__).parents[3] / "docs/security.md").read_text()
NUMBERS = {6: "six", 12: "twelve", 20: "twenty", 30: "thirty", 300: "five minutes"}


def test_its_commands_make_a_tenant_and_a_key_for_it(keyring: Keyring) -> None:
    tenant = f"t{uuid4().hex[:12]}"
    (block,) = re.findall(r"^```\n(curl.*?)```", TEXT, re.DOTALL | re.MULTILINE)
    commands = block.replace('"acme"', f'"{tenant}"')

    run = subprocess.run(
        ["bash", "-ec", commands],
        env={"APP": keyring.address, "API_KEY": KEY, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    made, key = map(json.loads, run.stdout.replace("}{", "}\n{").splitlines())
    assert made["name"] == tenant
    assert keyring.client_with(key["key"]).get("/api/key").json()["tenant"] == tenant


def test_its_figures_are_those_of_the_code() -> None:
    said = " ".join(TEXT.split())

    assert (
        f"`{PREFIX}`, {NUMBERS[ID_LETTERS]} letters that are its id, `_`,"
        f" {NUMBERS[SECRET_LETTERS]} secret letters, {NUMBERS[CHECK_LETTERS]} letters of a checksum"
    ) in said
    assert f"every other one within {STALE_AFTER_S:.0f} seconds" in said
    assert f"used in the last {NUMBERS[round(SILENCE_S)]}" in said
    assert f"at most {LONGEST_OVERLAP.total_seconds() / 3600:.0f}" in said
    assert f"after {NUMBERS[REFUSED_RATE.per_minute]} wrong ones a minute" in said
