"""Which function gets a request."""

import pytest

from devhost.app.route import build_route, in_host_order
from devhost.failure import StartFailure


def match(template, path, method="GET"):
    return build_route("f", template, ["GET"], "api").match(method, f"/api/{path}")


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("jobs/{id}", "jobs/1", {"id": "1"}),
        ("jobs/{id}", "JOBS/A%2Fb", {"id": "A/b"}),
        ("jobs/{id}", "jobs", None),
        ("jobs/{id}", "jobs/1/2", None),
        ("jobs/{id?}", "jobs", {}),
        ("jobs/{id?}", "jobs/", {}),
        ("jobs/{id=all}", "jobs", {"id": "all"}),
        ("jobs/{id=all}", "jobs/1", {"id": "1"}),
        ("files/{*rest}", "files/a/b.txt", {"rest": "a/b.txt"}),
        ("files/{*rest}", "files", {}),
        ("{a}.{b}", "x.y.z", {"a": "x", "b": "y.z"}),
    ],
)
def test_a_template_matches_as_in_aspnet(template, path, values):
    assert match(template, path) == values


def test_a_method_that_is_not_named_does_not_match():
    assert match("jobs", "jobs", "POST") is None


def test_routes_are_tried_in_the_order_of_the_functions_names():
    routes = [build_route(name, "{x}", None, "") for name in ("b", "a", "C")]
    distinct = [build_route(name, name, None, "") for name in ("b", "a", "C")]

    with pytest.raises(StartFailure, match="conflicts with the route defined by function 'a'"):
        in_host_order(routes)
    assert [each.function_name for each in in_host_order(distinct)] == ["a", "b", "C"]


def test_two_functions_may_share_a_route_with_different_methods():
    one, two = (build_route(m.lower(), "jobs", [m], "") for m in ("GET", "POST"))

    assert len(in_host_order([one, two])) == 2


@pytest.mark.parametrize("route", ["admin", "/Admin/x", "runtime/y"])
def test_a_reserved_route_is_refused(route):
    with pytest.raises(StartFailure, match="conflicts with one or more built in routes"):
        build_route("f", route, None, "api")


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        ("/x", "cannot appear"),
        ("{x:int}", "knows no constraints of route parameters"),
        ("{x", "unbalanced braces"),
        ("{x}/{X}", "appears more than once"),
        ("{not a name}", "is invalid"),
    ],
)
def test_a_route_that_aspnet_cannot_read_is_refused(route, reason):
    with pytest.raises(StartFailure, match=reason):
        build_route("f", route, None, "api")


def test_a_leading_slash_is_fine_without_a_prefix():
    assert build_route("f", "/{*route}", None, "").match("GET", "/a/b") == {"route": "a/b"}
