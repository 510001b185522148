"""Who asks, what they may, and which blob they mean."""

import pytest

from errors.requests import ForbiddenScopeError, InvalidNameError
from jobs.caller import OPERATOR, SERVICE, Caller, Scope


@pytest.mark.parametrize("scope", Scope)
def test_the_operator_may_do_everything(scope):
    OPERATOR.check(scope)


def test_a_service_may_send_ask_and_confirm_and_nothing_else():
    for scope in (Scope.INGEST, Scope.READ, Scope.CONFIRM):
        SERVICE.check(scope)

    with pytest.raises(ForbiddenScopeError):
        SERVICE.check(Scope.ADMIN)


def test_a_backslash_is_the_slash_that_storage_makes_of_it():
    assert OPERATOR.blob_name("acme\\2026\\photo.jpg") == "acme/2026/photo.jpg"


def test_the_operator_names_any_blob():
    assert OPERATOR.blob_name("acme/photo.jpg") == "acme/photo.jpg"


@pytest.mark.parametrize(
    "given", ["../other/photo.jpg", "a/../../b", "a\\..", ".", "x" * 1100, "a\0b"]
)
def test_nobody_names_what_no_blob_can_be_called(given):
    with pytest.raises(InvalidNameError):
        OPERATOR.blob_name(given)


TENANT = Caller(frozenset({Scope.READ}), "acme")


def test_whatever_is_made_for_a_tenant_lies_in_its_folder() -> None:
    assert TENANT.new_blob_name("compress/a.jpg") == "acme/compress/a.jpg"


@pytest.mark.parametrize(
    "name",
    ["photo.jpg", "other/photo.jpg", "/acme/photo.jpg", "Acme/photo.jpg", "acme", "acmes/a.jpg"],
)
def test_a_tenant_owns_nothing_that_lies_elsewhere(name: str) -> None:
    assert not TENANT.owns(name)


def test_a_tenant_owns_what_lies_in_its_folder() -> None:
    assert TENANT.owns("acme/photo.jpg")
    assert OPERATOR.owns("acme/photo.jpg")


@pytest.mark.parametrize("given", ["acme/../other/photo.jpg", "acme/.."])
def test_a_tenant_cannot_leave_its_folder(given: str) -> None:
    with pytest.raises(InvalidNameError):
        TENANT.blob_name(given)


def test_who_may_do_everything_needs_no_other_scope() -> None:
    Caller(frozenset({Scope.ADMIN})).check(Scope.READ)


def test_only_who_belongs_to_no_tenant_is_the_operator() -> None:
    assert Caller(frozenset({Scope.ADMIN})).is_operator
    assert not Caller(frozenset({Scope.ADMIN}), "acme").is_operator
    assert not SERVICE.is_operator
