"""What the deployment scripts may be told, and how they say no."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment import stand_in_program
from tests.deployment.stand_in import PROJECT, option

SCRIPTS = ["setup-container-registry.sh", "build-in-azure.sh", "build-and-deploy.sh"]
NAMES = ["--resource-group", "rg", "--registry", "registry", "--storage-account", "account"]


def test_an_image_can_be_built_here_and_pushed(azure):
    azure.run("build-and-deploy.sh", *NAMES, "--build", "local", "--tag", "v1")

    assert [call[:2] for call in azure.calls if call[0] == "docker"] == [
        ["docker", "build"],
        ["docker", "push"],
    ]
    assert azure.calls_of("acr login")
    assert not azure.calls_of("acr build")


def test_an_image_that_exists_can_be_deployed_as_it_is(azure):
    image = "registry.azurecr.io/mediaprocessor@sha256:0"

    azure.run("build-and-deploy.sh", *NAMES, "--build", "none", "--image", image)

    (create,) = azure.calls_of("containerapp create")
    assert option(create, "--image") == image
    assert not azure.calls_of("acr build")


def test_another_base_image_reaches_the_build(azure):
    azure.run("build-and-deploy.sh", *NAMES, "--functions-image", "base:4-python3.12")

    (build,) = azure.calls_of("acr build")
    assert option(build, "--build-arg") == "FUNCTIONS_IMAGE=base:4-python3.12"


def test_an_identity_may_be_let_pull_images(azure):
    azure.run("setup-container-registry.sh", *NAMES[:4], "--pull-principal", "some-id")

    (role,) = azure.calls_of("role assignment create")
    assert option(role, "--role") == "AcrPull"
    assert option(role, "--assignee-object-id") == "some-id"


def test_names_may_come_from_the_environment(azure):
    built = azure.run("build-in-azure.sh", RESOURCE_GROUP="rg", REGISTRY="registry", TAG="v7")

    assert built.returncode == 0, built.stderr
    assert built.stdout.splitlines()[-1] == "registry.azurecr.io/mediaprocessor:v7"


def test_a_dry_run_asks_nothing_and_prints_commands_that_az_would_take(azure):
    dry = azure.run("build-and-deploy.sh", *NAMES, "--dry-run", "--key-vault", "vault")

    printed = [shlex.split(line) for line in dry.stderr.splitlines() if line.startswith("az ")]
    assert dry.returncode == 0, dry.stderr
    assert azure.calls == []
    assert len(printed) > 20
    assert [fault for words in printed for fault in stand_in_program.faults(words[1:])] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_names_every_parameter_and_asks_nothing(azure, script):
    shown = azure.run(script, "--help")

    taken = set(
        re.findall(
            r"^        (--[a-z-]+)\)", (PROJECT / "scripts" / script).read_text(), re.MULTILINE
        )
    )
    assert shown.returncode == 0
    assert all(parameter in shown.stdout for parameter in taken | {"--resource-group", "--dry-run"})
    assert azure.calls == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_missing_names_are_named_together(azure, script):
    refused = azure.run(script)

    assert refused.returncode == 1
    assert "missing: --resource-group --registry" in refused.stderr
    assert azure.calls == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--colour", "red"], "no such parameter: --colour"),
        (["--tag"], "--tag needs a value"),
        (["production"], "not understood: production"),
        ([*NAMES, "--app", "My_App"], "--app My_App"),
        ([*NAMES, "--build", "here"], "--build here: azure, local or none"),
        ([*NAMES, "--build", "none"], "--build none needs --image"),
        ([*NAMES, "--trigger-source", "Magic"], "--trigger-source Magic"),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_is_made(azure, arguments, complaint):
    refused = azure.run("build-and-deploy.sh", *arguments)

    assert refused.returncode == 1
    assert complaint in refused.stderr
    assert azure.calls == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("storage acount create --name a", "no such command"),
        ("group create --name a --locatoin b", "no such option: --locatoin"),
        ("group create --name a", "--location is required"),
        ("containerapp create -n a -g b --kind webapp", "'webapp' is none of functionapp"),
        ("group create --name --location b", "0 values, takes one"),
        ("group create --name a b --location c", "2 values, takes one"),
    ],
)
def test_the_stand_in_refuses_what_az_would(azure, line, complaint):
    ran = subprocess.run(
        ["az", *shlex.split(line)], env=azure.environment, capture_output=True, text=True
    )

    assert ran.returncode == 2
    assert complaint in ran.stderr


@pytest.mark.parametrize("script", [*SCRIPTS, "azure.sh", "rehearse-image"])
def test_shellcheck_has_nothing_to_say_about_a_deployment_script(script):
    shellcheck = Path(sys.executable).with_name("shellcheck")

    lint = subprocess.run(
        [shellcheck, "--external-sources", f"scripts/{script}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )

    assert lint.stdout + lint.stderr == ""
