"""Settings: good ones are read, bad ones are all named at once, secrets never show."""

import pytest

from settings import Settings, SettingsError

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("API_KEY", KEY)
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    return monkeypatch


def faults() -> str:
    with pytest.raises(SettingsError) as refusal:
        Settings()  # type: ignore[call-arg]
    return str(refusal.value)


def test_a_key_and_a_connection_are_enough(env: pytest.MonkeyPatch) -> None:
    settings = Settings()  # type: ignore[call-arg]

    assert settings.processed_retention_minutes == 10
    assert settings.max_processing_time_s == 300
    assert settings.max_retry_attempts == 3
    assert settings.sweep_schedule == "0 */5 * * * *"


def test_secrets_never_show(env: pytest.MonkeyPatch) -> None:
    env.setenv(
        "AzureWebJobsStorage", f"AccountName=media;AccountKey={KEY};EndpointSuffix=core.windows.net"
    )

    assert KEY not in repr(Settings()) + str(Settings())  # type: ignore[call-arg]


def test_every_fault_is_named_at_once(env: pytest.MonkeyPatch) -> None:
    env.delenv("API_KEY")
    env.delenv("AzureWebJobsStorage")
    env.setenv("MAX_PROCESSING_TIME", "86400")
    env.setenv("PROCESSED_RETENTION_MINUTES", "soon")
    env.setenv("IMAGE_OUTPUT", "bmp")
    env.setenv("VIDEO_OUTPUT", "vp9")
    env.setenv("TARGET_QUALITY", "93")
    env.setenv("COMPRESSION_PROFILE", "tiny")
    env.setenv("SWEEP_SCHEDULE", "every day")
    env.setenv("LEASE_SECONDS", "10")

    text = faults()

    for name in (
        "API_KEY",
        "AzureWebJobsStorage",
        "MAX_PROCESSING_TIME",
        "PROCESSED_RETENTION_MINUTES",
        "IMAGE_OUTPUT",
        "VIDEO_OUTPUT",
        "TARGET_QUALITY",
        "COMPRESSION_PROFILE",
        "SWEEP_SCHEDULE",
        "LEASE_SECONDS",
    ):
        assert f"- {name}: " in text


@pytest.mark.parametrize(
    "key",
    [
        "",
        "your-secure-api-key-here",
        "your-generated-key-0123456789abcdef",
        "changeme-changeme-changeme",
        "<paste the output of openssl rand>",
        "example-example-example-1",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "short-1",
        " 0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    ],
)
def test_a_missing_weak_or_example_key_is_refused(env: pytest.MonkeyPatch, key: str) -> None:
    env.setenv("API_KEY", key)

    text = faults()

    assert "- API_KEY: " in text
    assert not key or key not in text


@pytest.mark.parametrize(
    "connection",
    [
        "nonsense",
        "UseDevelopmentStorage=TRUE",
        "UseDevelopmentStorage=true;",
        "AccountName=media;AccountKey=YQ==;junk",
        "AccountName=media",
        "AccountName=media;AccountKey=###",
        "AccountName=My-Media;AccountKey=YQ==",
        "SharedAccessSignature=sv=1",
        "AccountName=media; AccountKey=YQ==",
        "AccountName = media;AccountKey=YQ==",
        "AccountName=media;AccountKey=YQ== ",
        "AccountName=media;AccountKey=YQ==;EndpointSuffix=",
        "AccountName=media;AccountKey=YQ==;EndpointSuffix=https://core.windows.net",
        "DefaultEndpointsProtocol=ftp;AccountName=media;AccountKey=YQ==",
        "AccountName=media;AccountKey=YQ==;BlobEndpoint=media.blob.core.windows.net",
        "AccountName=media;AccountKey=YQ==;QueueEndpoint=",
    ],
)
def test_an_unreadable_connection_is_refused(env: pytest.MonkeyPatch, connection: str) -> None:
    env.setenv("AzureWebJobsStorage", connection)

    assert "- AzureWebJobsStorage: " in faults()


@pytest.mark.parametrize(
    "connection",
    ["usedevelopmentstorage=true", "UseDevelopmentStorage=true;", "UseDevelopmentStorage=1"],
)
def test_another_spelling_of_the_emulator_is_told_the_right_one(
    env: pytest.MonkeyPatch, connection: str
) -> None:
    env.setenv("AzureWebJobsStorage", connection)

    assert "write UseDevelopmentStorage=true" in faults()


def test_the_names_in_a_connection_string_may_be_written_in_any_case(
    env: pytest.MonkeyPatch,
) -> None:
    env.setenv("AzureWebJobsStorage", "accountNAME=media;ACCOUNTKEY=YQ==")

    assert Settings().connection_string  # type: ignore[call-arg]


def test_a_name_that_no_account_can_have_is_refused(env: pytest.MonkeyPatch) -> None:
    env.delenv("AzureWebJobsStorage")
    env.setenv("AzureWebJobsStorage__accountName", "https://media.blob.core.windows.net")

    assert "- AzureWebJobsStorage__accountName: must be an account's name" in faults()


def test_a_managed_identity_needs_only_the_account_name(env: pytest.MonkeyPatch) -> None:
    env.delenv("AzureWebJobsStorage")
    env.setenv("AzureWebJobsStorage__accountName", "media")

    assert Settings().connection_string is None  # type: ignore[call-arg]


def test_service_addresses_must_be_complete(env: pytest.MonkeyPatch) -> None:
    env.delenv("AzureWebJobsStorage")
    env.setenv("AzureWebJobsStorage__blobServiceUri", "https://media.blob.core.windows.net")

    assert "AzureWebJobsStorage__queueServiceUri: is missing" in faults()


def test_an_empty_optional_setting_means_its_default(env: pytest.MonkeyPatch) -> None:
    env.setenv("MAX_PROCESSING_TIME", "")

    assert Settings().max_processing_time_s == 300  # type: ignore[call-arg]


def test_a_custom_domain_needs_the_name_of_the_account(env: pytest.MonkeyPatch) -> None:
    env.delenv("AzureWebJobsStorage")
    for service in ("blob", "queue", "table"):
        env.setenv(f"AzureWebJobsStorage__{service}ServiceUri", f"https://{service}.example.com")

    assert "BLOB_ACCOUNT_NAME: is missing" in faults()

    env.setenv("BLOB_ACCOUNT_NAME", "media")
    assert Settings().blob_account_name == "media"  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("WEBHOOK_URL", "http://a.example/", "https address"),
        ("WEBHOOK_URL", "https://user@a.example/", "without user"),
        ("OUTBOUND_ALLOWED_NETWORKS", "10.0.0.1/8", "networks such as"),
        ("OUTBOUND_ALLOWED_NETWORKS", "intranet", "networks such as"),
        ("SECRETS_KEY", "changeme-changeme", "example"),
        ("SECRETS_KEY", "short", "at least"),
        ("DELIVERY_SLOTS", "0", "greater"),
    ],
)
def test_a_setting_of_deliveries_that_cannot_be_used_is_named(
    env: pytest.MonkeyPatch, name: str, value: str, advice: str
) -> None:
    env.setenv(name, value)

    text = faults()

    assert f"{name}: " in text
    assert advice in text


def test_behind_our_own_walls_a_webhook_needs_no_tls(env: pytest.MonkeyPatch) -> None:
    env.setenv("OUTBOUND_ALLOWED_NETWORKS", "127.0.0.0/8, fd00::/8")
    env.setenv("WEBHOOK_URL", "http://127.0.0.1:9999/hook")

    settings = Settings()  # type: ignore[call-arg]

    assert settings.webhook_url == "http://127.0.0.1:9999/hook"
    assert [str(each) for each in settings.allowed_networks] == ["127.0.0.0/8", "fd00::/8"]
