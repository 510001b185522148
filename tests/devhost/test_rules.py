"""The small laws: names, paths, polling, encodings."""

import pytest

from devhost.app.app_settings import AppSettings
from devhost.app.blob_path import blob_path
from devhost.app.host_json import load
from devhost.app.metadata import checked_functions
from devhost.failure import StartFailure
from devhost.triggers.queue_listener import Backoff, decode_body


@pytest.fixture
def config(tmp_path):
    (tmp_path / "host.json").write_text('{"version": "2.0", "extensionBundle": {"id": "x"}}')
    return load(tmp_path, {})


SETTINGS = AppSettings(
    {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "Queue": "Work-Items"}, {}
)


def queue_function(function="on_work", **options):
    binding = {"type": "queueTrigger", "direction": "IN", "name": "msg", "queueName": "work"}
    return {"name": function, "bindings": [{**binding, **options}]}


def test_a_setting_in_a_queue_name_is_resolved_and_lowered(config):
    (function,) = checked_functions([queue_function(queueName="%Queue%")], SETTINGS, config)

    assert function.queue_name == "work-items"


@pytest.mark.parametrize("name", ["host", "Host", "1st", "_x", "a.b", "x" * 129])
def test_a_function_name_that_the_host_refuses_is_refused(config, name):
    with pytest.raises(StartFailure, match="is not a valid function name"):
        checked_functions([queue_function(name)], SETTINGS, config)


@pytest.mark.parametrize("name", ["my_msg", "1msg", "", "$other"])
def test_a_binding_name_that_the_host_refuses_is_refused(config, name):
    with pytest.raises(StartFailure, match=r"The binding name .* is invalid"):
        checked_functions([queue_function(name=name)], SETTINGS, config)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"queueName": "%Missing%"}, "'%Missing%' does not resolve to a value"),
        ({"queueName": "a"}, "is no valid queue name"),
        ({"queueName": "under_score"}, "is no valid queue name"),
        ({"connection": "Nowhere"}, "'AzureWebJobsNowhere' does not exist"),
        ({"type": "cosmosDBTrigger"}, "knows no binding of type 'cosmosDBTrigger'"),
        ({"type": "queue", "direction": "OUT"}, "knows no binding of type 'queue'"),
        ({"type": "blobTrigger", "path": "a/{name}"}, "gives a function a client for the blob"),
        ({"type": "timerTrigger", "schedule": "never"}, "was not recognized"),
        ({"type": "blobTrigger", "path": "{container}/x"}, "is no valid blob path"),
        ({"type": "httpTrigger", "route": "admin/x"}, "conflicts with one or more built in"),
    ],
)
def test_a_function_that_the_host_would_drop_is_refused(config, options, reason):
    with pytest.raises(StartFailure, match=reason):
        checked_functions([queue_function(**options)], SETTINGS, config)


def test_every_faulty_function_is_named_at_once(config):
    faulty = [queue_function(queueName="a"), queue_function("host")]

    with pytest.raises(StartFailure) as refused:
        checked_functions(faulty, SETTINGS, config)

    assert "'on_work' function is in error" in str(refused.value)
    assert "'host' function is in error" in str(refused.value)


def test_an_app_without_functions_is_refused(config):
    with pytest.raises(StartFailure, match="No functions found"):
        checked_functions([], SETTINGS, config)


@pytest.mark.parametrize(
    "setting", ["AzureWebJobs.on_work.Disabled", "AzureWebJobs__on_work__Disabled"]
)
def test_a_function_is_disabled_by_a_setting(config, setting):
    settings = AppSettings({**SETTINGS.values, setting: "true"}, {})

    (function,) = checked_functions([queue_function()], settings, config)

    assert function.is_disabled


@pytest.mark.parametrize(
    ("pattern", "blob", "values"),
    [
        ("uploads/{name}", "dir/a.mp4", {"name": "dir/a.mp4"}),
        ("uploads/{base}.{ext}", "a.b.mp4", {"base": "a.b", "ext": "mp4"}),
        ("uploads/in/{name}.mp4", "in/a.mp4", {"name": "a"}),
        ("uploads/in/{name}.mp4", "in/a.MP4", None),
        ("uploads/{{{name}}}", "{a}", {"name": "a"}),
        ("uploads", "any/thing", {}),
        ("UPLOADS/{name}", "a", {"name": "a"}),
    ],
)
def test_a_blob_path_matches_as_on_the_host(pattern, blob, values):
    assert blob_path(pattern).match("uploads", blob) == values


def test_an_idle_queue_is_asked_ever_more_rarely_up_to_the_limit():
    backoff = Backoff(2.0)

    pauses = [backoff.next_pause_s(has_found=False) for _ in range(10)]

    assert pauses[0] == 0.1
    assert pauses == sorted(pauses)
    assert 0.17 < pauses[1] < 0.23
    assert pauses[-1] == 2.0
    assert backoff.next_pause_s(has_found=True) == 0
    assert backoff.next_pause_s(has_found=False) == 0.1


@pytest.mark.parametrize(
    ("content", "is_base64", "body"),
    [
        ("aGk=", True, b"hi"),
        ("aGk=", False, b"aGk="),
        ("hi there", True, None),
        ("ü", True, None),
        ("", True, b""),
    ],
)
def test_a_message_is_decoded_as_host_json_says(content, is_base64, body):
    assert decode_body(content, is_base64=is_base64) == body
