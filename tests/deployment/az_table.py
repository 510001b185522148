"""Writes az_commands.json: the options of every Azure CLI command that this project uses.

Run it with the Python that has azure-cli, and commit what it writes:

    AZ_PYTHON tests/deployment/az_table.py tests/deployment/az_commands.json

With --parse FILE it reads command lines (a list of lists of words) and says which of them the
CLI's own parsers refuse.

The options come from azure-cli's own parsers. Those of the containerapp extension that the CLI
itself lacks are written below from its reference; where the extension is installed, its parsers
say the same and win.
"""

import argparse
import importlib.metadata
import json
import sys
from pathlib import Path

COMMANDS = """
account set|account show|acr build|acr create|acr list|acr login|acr show|acr update
ad signed-in-user show|appservice plan create|acr run
monitor action-group create|monitor log-analytics workspace update|monitor metrics alert create
storage account blob-service-properties update
containerapp create|containerapp delete|containerapp env create|containerapp env delete
containerapp env list|containerapp list|containerapp logs show|containerapp replica list
containerapp revision list|containerapp revision restart|containerapp secret set
containerapp secret show|containerapp show|containerapp update
eventgrid event-subscription create|eventgrid event-subscription delete|extension add
eventgrid event-subscription show|functionapp config appsettings set|functionapp config set
functionapp create|functionapp identity assign|functionapp keys list
functionapp plan create|functionapp show|functionapp update
group create|group delete|group exists|keyvault create|keyvault secret list|keyvault secret set
keyvault secret show|keyvault show|login
network vnet subnet update|provider register|provider show|resource update|rest
role assignment create|role assignment list|storage account create|storage account network-rule add
storage account show|storage account update|storage blob download|storage blob list
storage blob upload|storage container-rm create|webapp log tail
""".replace("\n", "|")

# learn.microsoft.com/cli/azure/containerapp and its function/keys, as of November 2026.
EXTENSION = {
    "containerapp create": {"--kind": {"takes": "one", "choices": ["functionapp"]}},
    "containerapp function keys list": {
        "--key-type": {
            "takes": "one",
            "required": True,
            "choices": ["functionKey", "hostKey", "masterKey", "systemKey"],
        },
        "--name": {"takes": "one", "required": True, "aliases": ["-n"]},
        "--resource-group": {"takes": "one", "required": True, "aliases": ["-g"]},
        "--function-name": {"takes": "one"},
        "--revision": {"takes": "one"},
    },
}


def main(target: Path) -> None:
    names = sorted(name for name in map(str.strip, COMMANDS.split("|")) if name)
    commands = {name: options_of(name) for name in names}
    for name, options in EXTENSION.items():
        commands[name] = {**options, **commands.get(name, {})}
    everywhere = set.intersection(*(set(commands[name]) for name in names))
    shared = {option: commands[names[0]][option] for option in sorted(everywhere)}
    for options in commands.values():
        for option in shared:
            options.pop(option, None)
    target.write_text(text_of({"shared": shared, **commands}))


def text_of(commands: dict) -> str:
    """One option to a line: a new version of the CLI shows as a difference that can be read."""
    blocks = []
    for name, options in commands.items():
        lines = [f"    {json.dumps(o)}: {json.dumps(options[o])}" for o in sorted(options)]
        blocks.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n  }")
    version = importlib.metadata.version("azure-cli")
    source = json.dumps(f"azure-cli {version}, by tests/deployment/az_table.py")
    return f'{{\n"source": {source},\n"commands": {{\n' + ",\n".join(blocks) + "\n}\n}\n"


def options_of(name: str) -> dict:
    found = {}
    for action in parser_of(name)._actions:
        if not action.option_strings or action.help == argparse.SUPPRESS:
            continue
        long, *aliases = sorted(action.option_strings, key=lambda text: (-len(text), text))
        option = {
            "takes": {0: "none", "*": "many", "+": "many", "?": "maybe"}.get(action.nargs, "one")
        }
        if action.required:
            option["required"] = True
        if action.choices:
            option["choices"] = [str(choice) for choice in action.choices]
        if aliases:
            option["aliases"] = aliases
        found[long] = option
    return found


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser that `az` itself hands the rest of this command's line to."""
    parser = stop_at("CommandInvoker.OnCommandTableLoaded", name.split())["parser"]
    for word in name.split():
        (branches,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        if word not in branches.choices:
            sys.exit(f"azure-cli has no command {name!r}")
        parser = branches.choices[word]
    return parser


class Stopped(BaseException):
    """Leaves `az` before it does anything; not an Exception, for it would report one."""


def stop_at(event: str, arguments: list[str]) -> dict:
    """Lets `az` begin on a command line, and says what it hands out with an event on its way."""
    from azure.cli.core import get_default_cli

    def stop(_cli: object, **given: object) -> None:
        raise Stopped(given)

    cli = get_default_cli()
    cli.register_event(event, stop)
    try:
        cli.invoke(arguments)
    except Stopped as stopped:
        return stopped.args[0]
    return sys.exit(f"az {' '.join(arguments)}: ended before {event}")


def parse(lines: list[list[str]]) -> None:
    for words in lines:
        stop_at("CommandInvoker.OnPostParseArgs", words)


if __name__ == "__main__":
    if sys.argv[1] == "--parse":
        parse(json.loads(Path(sys.argv[2]).read_text()))
    else:
        main(Path(sys.argv[1]))
