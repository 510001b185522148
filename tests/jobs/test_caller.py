"""Who asks, what they may, and which blob they mean."""

import pytest

from errors.requests import ForbiddenError, InvalidNameError
from jobs.caller import OPERATOR, SERVICE, Caller, Scope


@pytest.mark.parametrize("scope", Scope)
def test_the_operator_may_do_everything(scope):
    OPERATOR.check(scope)


def test_a_service_may_send_ask_and_confirm_and_nothing_else():
    for scope in (Scope.INGEST, Scope.READ, Scope.CONFIRM):
        SERVICE.check(scope)

    with pytest.raises(ForbiddenError):
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


@pytest.mark.parametrize("given", ["photo.jpg", "other/photo.jpg", "/photo.jpg"])
def test_whatever_a_tenant_names_lies_in_its_folder(given):
    tenant = Caller(frozenset(Scope), "acme")

    assert tenant.blob_name(given) == f"acme/{given}"


def test_a_tenant_cannot_leave_its_folder():
    with pytest.raises(InvalidNameError):
        Caller(frozenset(Scope), "acme").blob_name("../other/photo.jpg")
