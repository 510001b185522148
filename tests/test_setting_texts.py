"""Settings whose text is no value at all, and schedules."""

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from setting_texts import schedule_fault, text_faults
from settings import Settings, SettingsError

SECRETS = [
    *("API_KEY", "API_KEY_PREVIOUS", "INTERNAL_SERVICE_KEY", "SECRETS_KEY", "AzureWebJobsStorage"),
    *("SFTP_PASSWORD", "SFTP_PRIVATE_KEY", "SIMPI_API_TOKEN"),
]
UNRESOLVED = [
    "@Microsoft.KeyVault(VaultName=vault;SecretName=secret)",
    "@microsoft.keyvault(SecretUri=https://vault.vault.azure.net/secrets/secret/)",
    "@Microsoft.AppConfiguration(Endpoint=https://store.azconfig.io; Key=key)",
    *("${API_KEY}", "$(API_KEY)", "$API_KEY", "%API_KEY%", "{{ api_key }}", "#{ApiKey}#"),
    *("<your key>", "__API_KEY__", "{API_KEY}", "$[variables.key]", "((api-key))", "[[ api_key ]]"),
    *("$env:API_KEY", "prefix-${API_KEY}-suffix", "a #{ApiKey}# in a text", "x{{ .Values.key }}x"),
    *("-----BEGIN KEY-----\n$(KEY_LINES)\n-----END KEY-----", "$[[ inputs.key ]]"),
    '"@Microsoft.KeyVault(VaultName=vault;SecretName=secret)"',
    "DefaultEndpointsProtocol=https;AccountName=media;AccountKey=${STORAGE_KEY}",
    "AccountName=media;AccountKey=@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/k/)",
]


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("text", UNRESOLVED)
def test_a_placeholder_is_no_secret(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv("API_KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv(name, text)

    with pytest.raises(SettingsError) as refusal:
        Settings()  # type: ignore[call-arg]

    (fault,) = refusal.value.faults
    assert fault.startswith(f"{name}: was not resolved")
    assert text not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    ["pa$$(wo rd)", "50% of <this>", "a{b}c", "$5", "%", "{}", "((", "a[[b", "$[", "#{", "${}"],
)
def test_a_password_may_have_such_letters(text: str) -> None:
    assert text_faults({"SFTP_PASSWORD": text}) == {}


@pytest.mark.parametrize(
    ("text", "fault"), [('"0123"', "quotes"), ("'0123'", "quotes"), ("0123\n", "line end")]
)
def test_quotes_and_line_ends_are_named(text: str, fault: str) -> None:
    assert fault in text_faults({"SECRETS_KEY": text})["SECRETS_KEY"]


def test_a_private_key_has_lines() -> None:
    assert text_faults({"SFTP_PRIVATE_KEY": "-----BEGIN\nKEY\n-----END\n"}) == {}


@pytest.mark.parametrize(
    "schedule",
    [
        *("0 */5 * * * *", "*/30 * * * * *", "0 0 3 * * mon-fri", "0 0,30 8-18/2 1 JAN *"),
        *("5 4 * * 0", "59 59 23 31 12 6"),
    ],
)
def test_a_schedule_that_the_host_reads_is_taken(schedule: str) -> None:
    assert schedule_fault(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "fault"),
    [
        ("every day", "has 2 fields"),
        ("0 */5 * * * * *", "has 7 fields"),
        ("60 * * * * *", "'60' as the second"),
        ("0 */90 * * * *", "'*/90' as the minute"),
        ("0 0 */25 * * *", "'*/25' as the hour"),
        ("0 0 24 * * *", "'24' as the hour"),
        ("0 0 0 0 * *", "'0' as the day"),
        ("0 0 0 * foo *", "'foo' as the month"),
        ("0 30-10 * * * *", "'30-10' as the minute"),
        ("0 */0 * * * *", "'*/0' as the minute"),
        ("@daily * * * *", "'@daily' as the minute"),
        ("", "has 0 fields"),
    ],
)
def test_another_one_is_told_what_is_wrong(schedule: str, fault: str) -> None:
    assert fault in (schedule_fault(schedule) or "")


FIELD = st.from_regex(r"\A(\*|[0-9]{1,2}(-[0-9]{1,2})?)(/[0-9]{1,2})?\Z")


@given(st.lists(FIELD, min_size=6, max_size=6))
def test_what_is_taken_is_known_to_another_reader(fields: list[str]) -> None:
    schedule = " ".join(fields)

    if schedule_fault(schedule) is None:
        assert croniter.is_valid(schedule, second_at_beginning=True)
