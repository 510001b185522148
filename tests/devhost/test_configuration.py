"""host.json, local.settings.json, connections and the host's id."""

import json
from pathlib import Path

import pytest

from devhost.app import app_settings, host_json
from devhost.app.app_settings import AppSettings
from devhost.app.connection import Connections
from devhost.app.host_id import host_id
from devhost.failure import StartFailure

KEY = (
    "DefaultEndpointsProtocol=https;AccountName={};AccountKey=a2V5;EndpointSuffix=core.windows.net"
)


def loaded(tmp_path, content, **environ):
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0", **content}))
    return host_json.load(tmp_path, environ)


def test_an_empty_host_json_has_the_hosts_defaults(tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    config = loaded(tmp_path, {})

    assert (config.function_timeout_s, config.route_prefix) == (1800, "api")
    queues, blobs = config.queues, config.blobs
    assert (queues.batch_size, queues.new_batch_threshold, queues.max_dequeue_count) == (16, 16, 5)
    assert (queues.max_polling_interval_s, queues.visibility_timeout_s) == (60, 0)
    assert queues.is_base64
    assert (blobs.max_degree_of_parallelism, blobs.poison_blob_threshold) == (16, 5)


def test_one_message_at_a_time_needs_no_threshold(tmp_path):
    config = loaded(tmp_path, {"extensions": {"queues": {"batchSize": 1}}})

    assert config.queues.new_batch_threshold == 0


def test_a_setting_overrides_host_json(tmp_path):
    content = {"extensions": {"queues": {"batchSize": 4}}}

    config = loaded(
        tmp_path,
        content,
        AzureFunctionsJobHost__extensions__queues__batchSize="7",
        AzureFunctionsJobHost__functionTimeout="-1",
        AzureFunctionsJobHost__extensions__http__routePrefix="",
    )

    assert (config.queues.batch_size, config.function_timeout_s) == (7, None)
    assert config.route_prefix == ""


@pytest.mark.parametrize(
    "content",
    [
        {"version": "3.0"},
        {"functionTimeout": "five minutes"},
        {"functionTimeout": "00:00:00"},
        {"extensions": {"queues": {"batchSize": 0}}},
        {"extensions": {"queues": {"batchSize": 33}}},
        {"extensions": {"queues": {"newBatchThreshold": -1}}},
        {"extensions": {"queues": {"maxPollingInterval": "00:00:00.05"}}},
        {"extensions": {"queues": {"maxDequeueCount": 0}}},
        {"extensions": {"queues": {"messageEncoding": "base32"}}},
        {"extensions": {"blobs": {"maxDegreeOfParallelism": 0}}},
        {"extensions": {"blobs": {"poisonBlobThreshold": "many"}}},
        {"extensions": ["queues"]},
    ],
)
def test_a_value_that_the_host_refuses_is_refused(tmp_path, content):
    with pytest.raises(StartFailure, match=r"^host\.json: "):
        loaded(tmp_path, content)


def test_a_key_that_the_host_would_ignore_is_named(tmp_path):
    assert loaded(tmp_path, {"routePrefix": ""}).unknown_keys == ("routePrefix",)


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:05:00", 300), ("1.00:00:01", 86401), ("00:00:00.500", 0.5)]
)
def test_a_time_span_is_read_as_dotnet_reads_it(text, seconds):
    assert host_json.time_span_s("x", text) == seconds


@pytest.mark.parametrize("content", ['{"Values": {"A": {"B": "nested"}}}', "{", '{"Values": []}x'])
def test_a_faulty_local_settings_file_is_refused(tmp_path, content):
    (tmp_path / "local.settings.json").write_text(content)

    with pytest.raises(StartFailure, match=r"^local\.settings\.json"):
        app_settings.load(tmp_path, {})


def test_a_setting_in_percent_signs_is_resolved():
    settings = AppSettings({"Queue_Name": "work"}, {})

    assert settings.resolve("%queue_name%-poison") == "work-poison"
    with pytest.raises(StartFailure, match="'%Missing%' does not resolve to a value"):
        settings.resolve("%Missing%")


@pytest.mark.parametrize(
    ("values", "connection", "account"),
    [
        ({"AzureWebJobsStorage": KEY.format("plain")}, "", "plain"),
        ({"AzureWebJobsStorage": KEY.format("plain")}, "AzureWebJobsStorage", "plain"),
        ({"AzureWebJobsStorage": KEY.format("plain")}, "Storage", "plain"),
        ({"Media": KEY.format("media")}, "Media", "media"),
        (
            {"AzureWebJobsMedia": KEY.format("prefixed"), "Media": KEY.format("media")},
            "Media",
            "prefixed",
        ),
        ({"AzureWebJobsStorage__accountName": "identity"}, "AzureWebJobsStorage", "identity"),
        (
            {
                "Media__blobServiceUri": "https://uri.blob.core.windows.net",
                "Media__queueServiceUri": "https://uri.queue.core.windows.net",
                "Media__credential": "managedidentity",
                "Media__clientId": "11111111-1111-1111-1111-111111111111",
            },
            "Media",
            "uri",
        ),
    ],
)
def test_a_connection_is_found_where_the_host_looks(values, connection, account):
    connections = Connections(AppSettings(values, {}))

    assert connections.blobs(connection).account_name == account
    assert connections.queues(connection).account_name == account
    assert not connections.is_path_style(connection)


def test_a_connection_string_of_its_own_section_comes_first():
    settings = AppSettings({"Media": KEY.format("value")}, {"Media": KEY.format("section")})

    assert Connections(settings).blobs("Media").account_name == "section"


def test_a_missing_connection_is_named():
    with pytest.raises(StartFailure, match="'AzureWebJobsMedia' does not exist"):
        Connections(AppSettings({}, {})).blobs("Media")


def test_an_emulator_is_known_by_its_path():
    settings = AppSettings({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, {})

    assert Connections(settings).is_path_style("")


def test_the_host_id_is_the_given_one_or_made_of_machine_and_folder():
    made = host_id(AppSettings({}, {}), Path("/some/app"))
    other = host_id(AppSettings({}, {}), Path("/other/app"))

    assert made != other
    assert len(made) <= 32
    assert made == made.lower()
    given = AppSettings({"AzureFunctionsWebHost__hostid": "Chosen"}, {})
    assert host_id(given, Path("/some/app")) == "chosen"
