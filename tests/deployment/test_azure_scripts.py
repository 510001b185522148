"""What a deployment makes, against a stand-in for Azure that refuses what `az` would."""

import ast
import json
import re
from pathlib import Path

import pytest

from harness.laptop.pages import RULE
from settings import Settings
from tests.deployment import stand_in_program
from tests.deployment.stand_in import PROJECT, Azure, option, values

NAMES = ["--resource-group", "rg", "--registry", "registry", "--storage-account", "account"]
ORIGINS = ["https://app.example.com", "http://localhost:3000"]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    """What one run with nothing but the names did, for the tests that only look at it."""
    azure = Azure(tmp_path_factory.mktemp("deployment") / "azure")
    deployed = azure.run("build-and-deploy.sh", *NAMES)
    assert deployed.returncode == 0, deployed.stderr
    azure.said = deployed.stderr
    assert deployed.stdout.splitlines()[-1] == f"https://{stand_in_program.HOST}"
    return azure


@pytest.fixture(scope="module")
def asked_for_more(tmp_path_factory):
    """What one run with a tag, settings and origins did."""
    azure = Azure(tmp_path_factory.mktemp("asked") / "azure")
    settings = ["--set", "IMAGE_OUTPUT=avif", "--set", "MAX_RETRY_ATTEMPTS=5"]
    origins = [word for origin in ORIGINS for word in ("--client-origin", origin)]
    deployed = azure.run("build-and-deploy.sh", *NAMES, "--tag", "v1", *settings, *origins)
    assert deployed.returncode == 0, deployed.stderr
    return azure


@pytest.fixture(scope="module")
def with_key_vault(tmp_path_factory):
    """What one run with a key vault did."""
    azure = Azure(tmp_path_factory.mktemp("vault") / "azure")
    deployed = azure.run("build-and-deploy.sh", *NAMES, "--key-vault", "vault")
    assert deployed.returncode == 0, deployed.stderr
    return azure


def test_one_command_goes_from_nothing_to_a_running_app(deployment):
    made = [stand_in_program.command_of(call[1:]) for call in deployment.calls if "create" in call]

    assert made == [
        "group create",
        "acr create",
        "storage account create",
        "storage container-rm create",
        "storage container-rm create",
        "containerapp env create",
        "containerapp create",
        "role assignment create",
        "role assignment create",
        "role assignment create",
        "eventgrid event-subscription create",
    ]


def test_the_app_runs_as_a_function_app_of_the_image_that_was_built(asked_for_more):
    (build,) = asked_for_more.calls_of("acr build")
    (create,) = asked_for_more.calls_of("containerapp create")
    assert option(build, "--image") == "mediaprocessor:v1"
    assert option(create, "--image") == "registry.azurecr.io/mediaprocessor:v1"
    assert option(create, "--kind") == "functionapp"


def test_no_account_key_is_used_and_none_works(deployment):
    (account,) = deployment.calls_of("storage account create")
    assert option(account, "--allow-shared-key-access") == "false"
    assert option(account, "--allow-blob-public-access") == "false"
    assert option(account, "--min-tls-version") == "TLS1_2"
    assert option(account, "--https-only") == "true"
    (registry,) = deployment.calls_of("acr create")
    assert option(registry, "--admin-enabled") == "false"
    everything = json.dumps(deployment.calls)
    assert "AccountKey" not in everything
    assert "--account-key" not in everything
    assert "show-connection-string" not in everything


def test_the_app_gets_the_three_data_roles_on_its_account_and_no_other(deployment):
    given = deployment.calls_of("role assignment create")
    assert [option(call, "--role") for call in given] == [
        "Storage Blob Data Owner",
        "Storage Queue Data Contributor",
        "Storage Table Data Contributor",
    ]
    assert {option(call, "--assignee-object-id") for call in given} == {stand_in_program.PRINCIPAL}
    assert {option(call, "--scope").split("/")[-1] for call in given} == {"storage account show"}


def test_every_setting_that_is_deployed_is_one_that_the_app_or_its_host_reads(deployment):
    host_settings = {
        "FUNCTIONS_WORKER_RUNTIME",
        "AzureWebJobsSecretStorageType",
        "AzureFunctionsWebHost__hostid",
        "ASPNETCORE_URLS",
    }

    (create,) = deployment.calls_of("containerapp create")
    deployed = values(create, "--env-vars")
    aliases = {field.alias for field in Settings.model_fields.values()}
    assert set(deployed) <= aliases | host_settings
    assert deployed["API_KEY"] == "secretref:api-key"
    assert deployed["AzureWebJobsStorage__accountName"] == "account"


def test_the_deployed_settings_start_the_app(deployment, monkeypatch):
    (create,) = deployment.calls_of("containerapp create")
    secrets = values(create, "--secrets")
    for name, value in values(create, "--env-vars").items():
        monkeypatch.setenv(name, secrets[value[10:]] if value.startswith("secretref:") else value)
    settings = Settings()
    assert settings.blob_trigger_source == "EventGrid"
    assert re.fullmatch("[0-9a-f]{64}", settings.api_key.get_secret_value())


def test_another_setting_can_be_given_and_wins(asked_for_more):
    (create,) = asked_for_more.calls_of("containerapp create")
    assert values(create, "--env-vars")["IMAGE_OUTPUT"] == "avif"
    assert values(create, "--env-vars")["MAX_RETRY_ATTEMPTS"] == "5"


def test_the_port_is_the_one_that_the_image_listens_on(deployment):
    (create,) = deployment.calls_of("containerapp create")
    (port,) = re.findall(
        r"^ARG LISTEN_PORT=(\d+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE
    )
    assert option(create, "--target-port") == port
    assert values(create, "--env-vars")["ASPNETCORE_URLS"] == f"http://+:{port}"


def test_new_blobs_are_announced_to_the_function_that_takes_uploads(deployment):
    (subscription,) = deployment.calls_of("eventgrid event-subscription create")
    assert option(subscription, "--endpoint") == (
        f"https://{stand_in_program.HOST}/runtime/webhooks/blobs"
        f"?functionName=Host.Functions.on_upload&code={stand_in_program.BLOB_KEY}"
    )
    assert option(subscription, "--included-event-types") == "Microsoft.Storage.BlobCreated"
    assert (
        option(subscription, "--subject-begins-with") == "/blobServices/default/containers/uploads/"
    )
    functions = {
        node.name
        for node in ast.walk(ast.parse((PROJECT / "function_app.py").read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert "on_upload" in functions


def test_polling_makes_no_subscription_and_is_refused_without_a_replica(azure):
    polling = ["--trigger-source", "LogsAndContainerScan"]

    deployed = azure.run("build-and-deploy.sh", *NAMES, *polling)
    asleep = azure.run("build-and-deploy.sh", *NAMES, *polling, "--min-replicas", "0")

    assert deployed.returncode == 0
    assert not azure.calls_of("eventgrid event-subscription create")
    assert asleep.returncode == 1
    assert "polling finds uploads only while a replica runs" in asleep.stderr


def test_a_second_run_upgrades_the_app_and_leaves_its_key_alone(deployment, tmp_path):
    azure = deployment.copy(tmp_path / "azure")

    upgraded = azure.run("build-and-deploy.sh", *NAMES, "--tag", "v2", "--max-replicas", "3")

    assert upgraded.returncode == 0, upgraded.stderr
    made = {stand_in_program.command_of(call[1:]) for call in azure.calls if call[0] == "az"}
    assert not made & {
        "group create",
        "acr create",
        "containerapp create",
        "containerapp env create",
        "provider register",
    }
    (update,) = azure.calls_of("containerapp update")
    assert option(update, "--image") == "registry.azurecr.io/mediaprocessor:v2"
    assert option(update, "--max-replicas") == "3"
    assert not azure.calls_of("containerapp secret set")


def test_a_key_vault_holds_the_key_and_no_argument_shows_it(with_key_vault):
    azure = with_key_vault

    (stored,) = azure.calls_of("keyvault secret set")
    assert not Path(option(stored, "--file")).exists()
    (reference,) = azure.calls_of("containerapp secret set")
    assert values(reference, "--secrets") == {
        "api-key": "keyvaultref:https://vault.vault.azure.net/secrets/api-key,identityref:system"
    }
    roles = [option(call, "--role") for call in azure.calls_of("role assignment create")]
    assert roles[-1] == "Key Vault Secrets User"


def test_a_key_that_is_in_the_vault_is_kept(with_key_vault, tmp_path):
    azure = with_key_vault.copy(tmp_path / "azure")

    azure.run("build-and-deploy.sh", *NAMES, "--key-vault", "vault")

    assert not azure.calls_of("keyvault secret set")


def test_pages_of_the_named_origins_may_reach_the_blobs(asked_for_more):
    (call,) = [c for c in asked_for_more.calls_of("rest") if "blobServices" in option(c, "--url")]
    (rule,) = json.loads(option(call, "--body"))["properties"]["cors"]["corsRules"]
    assert rule["allowedOrigins"] == ORIGINS
    assert {"GET", "PUT"} <= set(rule["allowedMethods"])


def test_without_an_origin_the_account_answers_no_page(deployment):
    assert not [c for c in deployment.calls_of("rest") if "blobServices" in option(c, "--url")]


def test_a_missing_origin_is_named(deployment):
    assert "No --client-origin" in deployment.said


def test_a_laptop_lets_pages_do_what_a_deployment_lets_them_do(asked_for_more):
    (call,) = [c for c in asked_for_more.calls_of("rest") if "blobServices" in option(c, "--url")]
    (rule,) = json.loads(option(call, "--body"))["properties"]["cors"]["corsRules"]

    assert RULE.allowed_methods == ",".join(rule["allowedMethods"])
    assert RULE.allowed_headers == ",".join(rule["allowedHeaders"])
    assert RULE.exposed_headers == ",".join(rule["exposedHeaders"])


def test_the_containers_the_queues_and_the_table_are_those_that_the_app_uses(deployment):
    code = (
        "".join(
            file.read_text()
            for room in ("integrations", "lifecycle", "jobs")
            for file in (PROJECT / room).rglob("*.py")
        )
        + (PROJECT / "function_app.py").read_text()
    )

    made = {option(c, "--name") for c in deployment.calls_of("storage container-rm create")}
    made |= {
        option(c, "--url").split("?")[0].rpartition("/")[2] for c in deployment.calls_of("rest")
    }
    assert made == {
        "uploads",
        "processed",
        "media-processing-queue",
        "media-processing-queue-poison",
        "media-processing-queue-high",
        "media-processing-queue-high-poison",
        "media-delivery-queue",
        "media-delivery-queue-poison",
        "media-transfer-queue",
        "media-transfer-queue-poison",
        "processingjobs",
        "jobhistory",
        "jobalarms",
        "mediaids",
        "outbox",
    }
    assert all(name.removesuffix("-poison") in code for name in made)


def test_an_app_that_does_not_get_well_ends_the_deployment_with_where_to_look(azure):
    deployed = azure.run("build-and-deploy.sh", *NAMES, CURL_FAILS="22")

    assert deployed.returncode == 1
    assert "az containerapp logs show --name mediaprocessor" in deployed.stderr
    assert not azure.calls_of("eventgrid event-subscription create")


@pytest.mark.parametrize(
    ("failing", "never_reached"),
    [
        ("group exists", "group create"),
        ("acr build", "storage account create"),
        ("role assignment create", "containerapp revision restart"),
        ("containerapp list", "containerapp create"),
    ],
)
def test_a_command_that_fails_ends_the_deployment_with_what_azure_said(
    azure, failing, never_reached
):
    deployed = azure.run("build-and-deploy.sh", *NAMES, AZ_FAILS=failing)

    assert deployed.returncode == 1
    assert "(AuthorizationFailed)" in deployed.stderr
    assert not azure.calls_of(never_reached)
