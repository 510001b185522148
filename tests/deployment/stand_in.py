"""Stands in for `az`, `docker` and `curl` on the PATH: records the calls, refuses a wrong one.

What `az` may be told is in az_commands.json; its answers follow from what was recorded before, so
that a script run twice finds what it made.
"""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TABLE = json.loads(Path(__file__).with_name("az_commands.json").read_text())["commands"]
SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
PRINCIPAL = "99999999-8888-7777-6666-555555555555"
HOST = "app.example.azurecontainerapps.io"
BLOB_KEY = "the-system-key"


def install(folder: Path) -> dict[str, str]:
    """Puts the stand-ins into a folder; the variables that make a script use them."""
    folder.mkdir(exist_ok=True)
    programs = {
        name: f'exec "{sys.executable}" -I -S "{__file__}" {name} "$@"' for name in ("az", "docker")
    }
    programs["curl"] = "exit ${CURL_FAILS:-0}"
    for name, line in programs.items():
        command = folder / name
        command.write_text(f"#!/bin/sh\n{line}\n")
        command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return {
        "PATH": f"{folder}:/usr/bin:/bin",
        "HOME": str(folder),
        "CALLS": str(folder / "calls"),
        "RETRY_SECONDS": "0",
    }


def recorded(folder: Path) -> list[list[str]]:
    """Every recorded call, as its words from the program's name on."""
    record = folder / "calls"
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def command_of(words: list[str]) -> str:
    """The longest known command that a line begins with, such as `storage account create`."""
    for length in range(len(words), 0, -1):
        if (name := " ".join(words[:length])) in TABLE:
            return name
    return ""


def faults(words: list[str]) -> list[str]:
    """What the real `az` would refuse about a line, as far as its table of options says."""
    name = command_of(words)
    if not name or name == "shared":
        return [f"no such command: az {' '.join(words[:4])}"]
    options = {**TABLE["shared"], **TABLE[name]}
    known = {alias: long for long, o in options.items() for alias in [long, *o.get("aliases", [])]}
    given, found = _options(words[len(name.split()) :])
    for option, values in given:
        if option not in known:
            found.append(f"az {name}: no such option: {option}")
        else:
            found += _value_faults(f"az {name}: {option}", values, options[known[option]])
    named = {known.get(option) for option, _ in given}
    return found + [
        f"az {name}: {long} is required"
        for long, option in options.items()
        if option.get("required") and long not in named
    ]


def _options(words: list[str]) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """The options with their values; words before the first are for a command that takes one."""
    given: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("-"):
            given.append((word, []))
        elif given:
            given[-1][1].append(word)
    return given, []


def _value_faults(option: str, values: list[str], allowed: dict) -> list[str]:
    most = {"none": 0, "one": 1, "maybe": 1, "many": len(values)}[allowed["takes"]]
    least = 1 if allowed["takes"] == "one" else 0
    # `az acr build` takes the folder to build as a word of its own, after its options.
    if len(values) > most + (option.startswith("az acr build")) or len(values) < least:
        return [f"{option}: {len(values)} values, takes {allowed['takes']}"]
    choices = [choice.lower() for choice in allowed.get("choices", [])]
    return [
        f"{option}: {value!r} is none of {', '.join(choices)}"
        for value in values[:most]
        if choices and value.lower() not in choices and not value.startswith("$")
    ]


def _answer(words: list[str], before: list[list[str]]) -> str:
    """What `az` prints for a question, given the calls until now."""
    name = command_of(words)
    made = {command_of(call[1:]) for call in before if call[0] == "az"}
    asked = words[words.index("--query") + 1] if "--query" in words else ""
    if name == "group exists":
        return str("group create" in made).lower()
    if name in {"acr list", "containerapp list", "containerapp env list", "keyvault secret list"}:
        maker = name.replace("secret list", "secret set").replace(" list", " create")
        return f"{SUBSCRIPTION}/{name}" if maker in made else ""
    answers = {
        "loginServer": "registry.azurecr.io",
        "id": f"{SUBSCRIPTION}/{name}",
        "identity.principalId": PRINCIPAL,
        "properties.vaultUri": "https://vault.vault.azure.net/",
        "properties.latestRevisionName": "app--0000001",
        "properties.configuration.ingress.fqdn": HOST,
    }
    if name == "provider show":
        namespace = words[words.index("--namespace") + 1]
        is_there = any(command_of(c[1:]) == "provider register" and namespace in c for c in before)
        return "Registered" if is_there else "NotRegistered"
    if name == "containerapp function keys list":
        # The host needs a moment to make it.
        return BLOB_KEY if sum(command_of(c[1:]) == name for c in before) else ""
    return answers.get(asked, "")


class Azure:
    """A subscription that exists only as a list of the calls it was sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = install(folder)
        self.forgotten = 0

    def run(self, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [PROJECT / "scripts" / script, *arguments],
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=180,
        )

    @property
    def calls(self) -> list[list[str]]:
        return recorded(self.folder)[self.forgotten :]

    def calls_of(self, command: str) -> list[list[str]]:
        return [c for c in self.calls if c[0] == "az" and command_of(c[1:]) == command]

    def forget(self) -> None:
        """From here on only new calls are looked at; what was made stays made."""
        self.forgotten += len(self.calls)


def option(call: list[str], name: str) -> str:
    return call[call.index(name) + 1]


def values(call: list[str], name: str) -> dict[str, str]:
    rest = call[call.index(name) + 1 :]
    end = next((i for i, word in enumerate(rest) if word.startswith("--")), len(rest))
    return dict(word.split("=", 1) for word in rest[:end])


def main(words: list[str]) -> int:
    record = Path(os.environ["CALLS"])
    before = recorded(record.parent)
    with record.open("a") as out:
        out.write(json.dumps(words) + "\n")
    if words[0] == "az":
        if wrong := faults(words[1:]):
            sys.stderr.write("\n".join(wrong) + "\n")
            return 2
        if command_of(words[1:]) == os.environ.get("AZ_FAILS"):
            sys.stderr.write("(AuthorizationFailed) The client may not do this.\n")
            return 1
        sys.stdout.write(_answer(words[1:], before) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
