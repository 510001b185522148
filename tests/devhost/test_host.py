"""The host's own pages, functions run by hand, CORS, and functions that are switched off."""

import pytest


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_route_without_methods_takes_all_and_has_the_functions_name(client, method):
    assert client.request(method, "/api/unnamed").text == method


def test_a_disabled_function_is_listed_as_such_and_not_found(client, toy):
    assert client.get("/api/off").status_code == 404
    assert "Function switched_off is disabled." in toy.output


def test_custom_headers_of_host_json_are_on_every_response(client):
    for path in ("/api/hello", "/nowhere"):
        assert client.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_a_preflight_is_answered_for_an_allowed_origin(client):
    asked = {"Origin": "https://a.test", "Access-Control-Request-Method": "PUT"}

    answer = client.options("/api/hello", headers=asked)

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.test"
    assert answer.headers["Access-Control-Allow-Methods"] == "PUT"


def test_a_response_to_an_allowed_origin_says_so(client):
    answer = client.get("/api/hello", headers={"Origin": "https://a.test"})

    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.test"


def test_a_foreign_origin_gets_no_permission(client):
    answer = client.get("/api/hello", headers={"Origin": "https://b.test"})

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
    assert functions["on_upload"]["config"]["bindings"][-1]["type"] == "blobTrigger"


def test_a_queue_function_runs_by_hand_with_the_given_body(client, toy):
    answer = client.post("/admin/functions/on_work", json={"input": "by hand"})

    assert answer.status_code == 202
    toy.noted(function="on_work", body="by hand")


def test_an_unknown_function_cannot_be_run_by_hand(client):
    assert client.post("/admin/functions/nobody", json={}).status_code == 404
