"""The program behind the stand-ins for `az` and `docker`: records, refuses, answers.

It starts at each call of a script, so it imports no more than it must: not even pathlib.
"""

import json
import os
import sys

with open(os.path.join(os.path.dirname(__file__), "az_commands.json"), encoding="utf-8") as table:  # noqa: PTH118, PTH120, PTH123
    TABLE = json.load(table)["commands"]
SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
PRINCIPAL = "99999999-8888-7777-6666-555555555555"
HOST = "app.example.azurecontainerapps.io"
BLOB_KEY = "the-system-key"


def recorded(record: str) -> list[list[str]]:
    """Every recorded call, as its words from the program's name on."""
    if not os.path.exists(record):  # noqa: PTH110
        return []
    with open(record, encoding="utf-8") as calls:  # noqa: PTH123
        return [json.loads(line) for line in calls]


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


def main(words: list[str]) -> int:
    record = os.environ["CALLS"]
    before = recorded(record)
    with open(record, "a", encoding="utf-8") as out:  # noqa: PTH123
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
