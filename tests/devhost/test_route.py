"""Which function gets a request."""

import pytest

from devhost.failure import StartFailure
from devhost.route import build_route, in_host_order


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
        ("n/{x:int}", "n/007", {"x": "007"}),
        ("n/{x:int}", "n/a", None),
        ("n/{x:int}", "n/99999999999", None),
        ("n/{x:long}", "n/99999999999", {"x": "99999999999"}),
        ("n/{x:int?}", "n", {}),
        ("n/{x:bool}", "n/True", {"x": "True"}),
        ("n/{x:guid}", "n/6F9619FF-8B86-D011-B42D-00CF4FC964FF", "any"),
        ("n/{x:guid}", "n/6F9619FF", None),
        ("n/{x:alpha}", "n/b0b", None),
        ("n/{x:length(2)}", "n/ab", {"x": "ab"}),
        ("n/{x:length(2)}", "n/abc", None),
        ("n/{x:length(2,3)}", "n/abc", {"x": "abc"}),
        ("n/{x:minlength(2)}", "n/a", None),
        ("n/{x:maxlength(2)}", "n/abc", None),
        ("n/{x:min(3)}", "n/2", None),
        ("n/{x:max(3)}", "n/4", None),
        ("n/{x:range(1,3)}", "n/2", {"x": "2"}),
        ("n/{x:decimal}", "n/1.5", {"x": "1.5"}),
        ("n/{x:datetime}", "n/2026-01-31", {"x": "2026-01-31"}),
        ("n/{x:regex(^\\d{{2}}$)}", "n/42", {"x": "42"}),
        ("n/{x:regex(^\\d{{2}}$)}", "n/421", None),
        ("n/{x:int:min(3)}", "n/2", None),
    ],
)
def test_a_template_matches_as_in_aspnet(template, path, values):
    found = match(template, path)

    assert found is not None if values == "any" else found == values


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
        ("{x:odd}", "constraint reference 'odd' could not be resolved"),
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
