"""The deployment guide can be followed word for word: its commands exist and take what it gives."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from settings import Settings
from tests.deployment import stand_in_program
from tests.deployment.stand_in import PROJECT

GUIDE = (PROJECT / "DEPLOYMENT_GUIDE.md").read_text()
GROUP = f"{stand_in_program.SUBSCRIPTION}/resourceGroups/g"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
NAMES = ["--resource-group", "rg", "--registry", "registry", "--storage-account", "account"]


def test_every_az_command_of_the_guide_is_one_that_az_would_take():
    commands = guide_commands()

    assert len(commands) > 20
    assert [fault for words in commands for fault in stand_in_program.faults(words)] == []


def test_the_guide_names_every_setting_with_its_default():
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|", GUIDE, re.MULTILINE)
    told = {name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)}

    defaults = {f.alias: f.default for f in Settings.model_fields.values()}
    told = {name: told.get(name) for name in defaults}
    assert None not in told.values(), told
    for name, default in defaults.items():
        if default is None or default is PydanticUndefined:
            assert told[name].startswith(("none", "the temporary folder")), name
        else:
            assert told[name].strip("`").lower() == str(default).lower(), name


def test_the_guide_points_at_files_and_sections_that_exist():
    places = re.findall(r"\]\((?!https)([^)]+)\)", GUIDE)

    missing = [place for place in places if not _exists(place)]

    assert len(places) > 10
    assert missing == []


def _exists(place: str) -> bool:
    name, _, section = place.partition("#")
    path = PROJECT / name if name else PROJECT / "DEPLOYMENT_GUIDE.md"
    return path.exists() and (not section or section in _sections(path))


def _sections(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.skipif("AZ_PYTHON" not in os.environ, reason="AZ_PYTHON: a Python that has azure-cli")
def test_the_parser_of_the_real_az_takes_every_call(azure, tmp_path):
    azure.run("build-and-deploy.sh", *NAMES, "--key-vault", "vault", "--client-origin", "https://a")
    azure.run("build-and-deploy.sh", *NAMES, "--build", "local")
    lines = [call[1:] for call in azure.calls if call[0] == "az"] + guide_commands()
    (tmp_path / "lines").write_text(json.dumps([of_the_cli_itself(line) for line in lines]))

    parsed = subprocess.run(
        [
            os.environ["AZ_PYTHON"],
            Path(__file__).with_name("az_table.py"),
            "--parse",
            tmp_path / "lines",
        ],
        env={**os.environ, "AZURE_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert parsed.returncode == 0, parsed.stdout + parsed.stderr


def of_the_cli_itself(words: list[str]) -> list[str]:
    """A line without what the containerapp extension adds, which may not be installed."""
    words = [f"{NETWORK}/subnets/s" if word == "$SUBNET_ID" else word for word in words]
    if words[:2] == ["containerapp", "function"]:
        return ["version"]
    if "--kind" in words and words[0] == "containerapp":
        at = words.index("--kind")
        return words[:at] + words[at + 2 :]
    return words


def guide_commands() -> list[list[str]]:
    """The words of every `az` command in the guide's shell blocks, those in $(...) too."""
    text = "\n".join(re.findall(r"^```bash\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL))
    text = text.replace("\\\n", " ")
    nested = re.findall(r"\$\((az [^()]*(?:\([^()]*\)[^()]*)*)\)", text)
    lines = re.sub(r"\$\((az [^()]*(?:\([^()]*\)[^()]*)*)\)", "$ANSWER", text).splitlines()
    plain = [part for line in lines for part in re.split(r"\s*(?:\||&&)\s+", line)]
    commands = nested + [line for line in plain if line.strip().startswith("az ")]
    return [shlex.split(command, comments=True)[1:] for command in commands]
