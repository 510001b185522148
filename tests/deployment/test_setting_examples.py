"""The two example files name every setting of the app, each with the default that the code has."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from jobs.contract import MOST_BESIDE_FILE_BYTES
from settings import Settings, SettingsError

PROJECT = Path(__file__).resolve().parents[2]
LOCAL = json.loads((PROJECT / "local.settings.json.example").read_text())
DOTENV = (PROJECT / ".env.example").read_text()

ALIASES = {field.alias for field in Settings.model_fields.values()}
# Read by the Functions host or its worker, and by nothing of ours.
HOST_ONLY = {
    "FUNCTIONS_WORKER_RUNTIME",
    "MALLOC_ARENA_MAX",
    "PYTHON_ENABLE_INIT_INDEXING",
    "PYTHON_THREADPOOL_THREAD_COUNT",
}
HOST_IDENTITY = {"AzureWebJobsStorage__credential"}


def test_the_local_settings_name_every_setting_but_those_of_an_identity():
    # A developer has a connection string; JSON has no comments to show the other form in.
    expected = {name for name in ALIASES if "__" not in name} | HOST_ONLY

    assert set(LOCAL["Values"]) == expected


def test_the_dotenv_example_names_every_setting():
    named = re.findall(r"^#?([A-Za-z]\w*)=", DOTENV, re.MULTILINE)

    assert sorted(named) == sorted(ALIASES | HOST_IDENTITY)


@pytest.mark.parametrize("example", ["local", "dotenv"])
def test_an_example_holds_the_defaults_of_the_code(example, monkeypatch):
    values = _values(example)
    values["API_KEY"] = os.urandom(32).hex()
    _replace_environment(monkeypatch, {})
    monkeypatch.setenv("API_KEY", values["API_KEY"])
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    defaults = Settings()

    _replace_environment(monkeypatch, values)
    settings = Settings()

    # The host's own default is smaller than what a form may bring.
    host_default = {"host_body_limit_bytes": defaults.host_body_limit_bytes}
    assert settings.model_copy(update=host_default) == defaults


@pytest.mark.parametrize("example", ["local", "dotenv"])
def test_an_example_is_refused_until_it_has_a_key(example, monkeypatch):
    _replace_environment(monkeypatch, _values(example))

    with pytest.raises(SettingsError, match="API_KEY") as refusal:
        Settings()

    assert len(refusal.value.faults) == 1


def test_every_local_setting_is_text_as_core_tools_want_it():
    assert LOCAL["IsEncrypted"] is False
    assert all(isinstance(value, str) for value in LOCAL["Values"].values())


@pytest.mark.parametrize("example", ["local", "dotenv"])
def test_the_host_lets_through_what_a_form_may_bring(example, monkeypatch):
    values = _values(example)
    values["API_KEY"] = os.urandom(32).hex()
    _replace_environment(monkeypatch, values)
    settings = Settings()

    largest_form = settings.ingest_max_video_bytes + MOST_BESIDE_FILE_BYTES

    assert settings.host_body_limit_bytes > largest_form


@pytest.mark.parametrize(
    "place", ["Dockerfile", "scripts/build-and-deploy.sh", ".env.example", "DEPLOYMENT_GUIDE.md"]
)
def test_the_hosts_limit_of_a_body_is_the_same_wherever_it_stands(place):
    limit = LOCAL["Values"]["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"]

    text = (PROJECT / place).read_text()

    assert "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT" in text
    assert limit in text
    assert set(re.findall(r"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=(\d+)", text)) <= {limit}


@pytest.mark.parametrize("setting", ["MALLOC_ARENA_MAX", "PYTHON_THREADPOOL_THREAD_COUNT"])
def test_a_worker_on_a_laptop_starts_as_in_the_image(setting):
    image = re.search(rf"{setting}=(\d+)", (PROJECT / "Dockerfile").read_text())

    assert image is not None
    assert LOCAL["Values"][setting] == image[1]


def test_a_shell_reads_the_dotenv_example():
    script = f'set -a; . {shlex.quote(str(PROJECT / ".env.example"))}; printf %s "$SWEEP_SCHEDULE"'

    read = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)

    assert read.stdout == "0 */5 * * * *"


def _values(example: str) -> dict[str, str]:
    if example == "local":
        return dict(LOCAL["Values"])
    pairs = re.findall(r"^([A-Za-z]\w*)=(.*)$", DOTENV, re.MULTILINE)
    return {name: value.strip('"') for name, value in pairs}


def _replace_environment(monkeypatch, values: dict[str, str]) -> None:
    for name in ALIASES:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
