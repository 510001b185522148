"""What the host passes on: every path and method, and HEAD."""

import pytest

from harness.rig.request import request

pytestmark = pytest.mark.xdist_group("acceptance")


@pytest.mark.parametrize("path", ["/health", "/API/Health/", "/api/limits", "/api/docs"])
def test_a_monitor_may_send_head(service, path):
    answer = request(service.host.url + path, method="HEAD")

    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "UNKNOWN_PATH"),
        ("POST", "/api/webhooks/a/b/c/d", 404, "UNKNOWN_PATH"),
        ("PUT", "/api/status", 405, "WRONG_METHOD"),
        ("OPTIONS", "/compress/", 405, "WRONG_METHOD"),
    ],
)
def test_what_has_no_route_is_a_problem(service, method, path, status, code):
    answer = request(service.host.url + path, method=method)

    assert (answer.status, answer.content_type) == (status, "application/problem+json")
    assert answer.json["code"] == code


def test_the_hosts_own_pages_stay_the_hosts(service):
    assert request(service.host.url + "/").content_type == "text/html"
    assert request(service.host.url + "/admin/host/status").json["state"] == "Running"
