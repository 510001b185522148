"""HTTP functions of an app that takes func.HttpRequest, and the outputs of such an app."""

import json

import httpx2
import pytest

from tests.devhost.running import CLASSIC_APP, devhost, wait_until

# One devhost for the whole module, also when tests are spread over processes.
pytestmark = pytest.mark.xdist_group("devhost-http-classic")


@pytest.fixture(scope="module")
def classic(shared_account, tmp_path_factory):
    settings = {"AzureWebJobs.switched_off.Disabled": "true"}
    folder = tmp_path_factory.mktemp("classic")
    with devhost(
        shared_account, folder, CLASSIC_APP, ["--cors", "https://a.test"], **settings
    ) as running:
        yield running


@pytest.fixture(scope="module")
def client(classic):
    with httpx2.Client(base_url=classic.url, timeout=30, trust_env=False) as client:
        yield client


def test_the_request_arrives_as_the_host_passes_it_on(client, classic):
    answer = client.post(
        "/echo/a%20b?one=1&one=2&empty=", content=b"\x00\xff", headers={"X-Mixed-Case": "yes"}
    )

    assert answer.json() == {
        "method": "POST",
        "url": f"{classic.url}/echo/a%20b?one=1&one=2&empty=",
        "params": {"one": "1,2"},
        "route": {"item": "a b"},
        "body": "00ff",
        "header": "yes",
    }


def test_a_chunked_body_arrives_empty(client):
    answer = client.post("/echo", content=iter([b"not ", b"seen"]))

    assert answer.json()["body"] == ""


def test_a_failed_function_is_an_empty_500(client):
    answer = client.get("/broken")

    assert (answer.status_code, answer.content) == (500, b"")


def test_a_function_that_returns_nothing_fails(client):
    assert client.get("/nothing").status_code == 500


def test_a_returned_text_with_a_body_property_is_a_whole_response(client):
    answer = client.get("/whole")

    assert (answer.status_code, answer.text) == (418, "short and stout")
    assert answer.headers["X-Pot"] == "tea"


def test_a_returned_text_is_plain_text(client):
    answer = client.get("/plain")

    assert (answer.text, answer.headers["content-type"]) == (
        "just text",
        "text/plain; charset=utf-8",
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_route_without_methods_takes_all_and_has_the_functions_name(client, method):
    assert client.request(method, "/unnamed").text == method


def test_a_disabled_function_is_listed_as_such_and_not_found(client, classic):
    assert client.get("/off").status_code == 404
    assert "Function switched_off is disabled." in classic.output


def test_custom_headers_of_host_json_are_on_every_response(client):
    for path in ("/plain", "/nowhere"):
        assert client.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_a_preflight_is_answered_for_an_allowed_origin(client):
    asked = {"Origin": "https://a.test", "Access-Control-Request-Method": "PUT"}

    answer = client.options("/echo", headers=asked)

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.test"
    assert answer.headers["Access-Control-Allow-Methods"] == "PUT"


def test_a_response_to_an_allowed_origin_says_so(client):
    answer = client.get("/plain", headers={"Origin": "https://a.test"})

    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.test"


def test_a_foreign_origin_gets_no_permission(client):
    answer = client.get("/plain", headers={"Origin": "https://b.test"})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_homepage_says_that_the_app_runs(client):
    assert "up and running" in client.get("/").text


def test_the_host_tells_its_status(client, shared_account):
    status = client.get("/admin/host/status").json()

    assert (status["state"], status["id"]) == ("Running", shared_account.host_id)
    assert client.post("/admin/host/ping").status_code == 200


def test_the_host_lists_its_functions(client):
    functions = {each["name"]: each for each in client.get("/admin/functions").json()}

    assert functions["switched_off"]["isDisabled"] is True
    assert functions["on_media"]["config"]["bindings"][-1]["type"] == "blobTrigger"


def test_a_queue_function_runs_by_hand_with_the_given_body(client, classic):
    answer = client.post("/admin/functions/on_bytes", json={"input": "by hand"})

    assert answer.status_code == 202
    classic.noted(function="on_bytes", content=b"by hand".hex())


def test_an_unknown_function_cannot_be_run_by_hand(client):
    assert client.post("/admin/functions/nobody", json={}).status_code == 404


def test_text_is_spoilt_where_the_trigger_is_not_binary(classic, shared_account):
    shared_account.upload("texts", "dir/some.name.txt", b"\xff\xd8ok")

    noted = classic.noted(function="on_text", content=b"\xef\xbf\xbd\xef\xbf\xbdok".hex())

    assert noted["name"] == f"{shared_account.name('texts')}/dir/some.name.txt"
    assert noted["length"] == 4


def test_a_blob_whose_name_does_not_fit_the_path_is_left_alone(classic, shared_account):
    shared_account.upload("texts", "no-extension", b"ignored")
    shared_account.upload("texts", "later.txt", b"after it")

    classic.noted(function="on_text", content=b"after it".hex())
    assert classic.journal(content=b"ignored".hex()) == []


def test_a_binary_blob_is_copied_by_an_output_binding_whose_path_has_the_triggers_token(
    classic, shared_account
):
    shared_account.upload("media", "b.bin", b"\xff\x00\xfe")

    copy = shared_account.blob("copies", "copy-of-b.bin")
    wait_until(copy.exists, "the copy is written")
    assert copy.download_blob().readall() == b"\xff\x00\xfe"


def test_a_returned_json_array_becomes_one_message_per_element(classic, shared_account):
    shared_account.upload("media", "thing", b"a thing")
    shared_account.send("orders", {"item": "thing", "reply": '["one", {"two": 2}]'})

    wait_until(lambda: shared_account.waits("replies") == 2, "two replies wait")
    assert set(shared_account.bodies("replies")) == {"one", '{\n  "two": 2\n}'}
    assert classic.journal(function="on_order", item="a thing")


def test_an_input_blob_that_is_missing_is_none(classic, shared_account):
    shared_account.send("orders", {"item": "missing", "reply": "x"})

    classic.noted(function="on_order", item=None)


def test_a_json_property_of_the_body_replaces_the_messages_own(classic, shared_account):
    order = {"ID": "from the body", "DequeueCount": "7", "item": "thing", "reply": "x"}
    shared_account.send("orders", order)

    noted = classic.noted(function="on_order", id="from the body")
    assert noted["count"] == 7


def test_an_output_that_cannot_be_converted_fails_the_invocation(classic, shared_account):
    shared_account.send("orders", {"item": "thing", "reply": "nothing to convert"})

    classic.printed("Executed 'Functions.on_order' (Failed")


def test_a_failed_message_comes_back_after_the_visibility_timeout(classic, shared_account):
    shared_account.send("orders", {"id": "again", "item": "thing", "reply": "nothing to convert"})

    wait_until(lambda: len(classic.journal(id="again")) >= 2, "the second run has begun")
    first, second = classic.journal(id="again")[:2]
    assert (first["count"], second["count"]) == (1, 2)
    assert 0.9 < second["now"] - first["now"] < 5


def test_bytes_reach_a_binary_trigger_as_they_are(classic, shared_account):
    shared_account.send_raw("work", "/wA=")

    classic.noted(function="on_bytes", content="ff00")


def test_bytes_that_are_no_text_fail_in_a_text_trigger(classic, shared_account):
    shared_account.send_raw("uploads", "/wA=")

    classic.printed("is not UTF-8 text")
    assert classic.journal(function="on_talk") == []


def test_a_result_that_no_binding_takes_fails_the_invocation(classic, shared_account):
    shared_account.send("uploads", "hello")

    noted = classic.noted(function="on_talk", text="hello")
    classic.printed("without a $return binding returned a non-None value")
    assert json.dumps(noted["trace"]).startswith('"00-')
