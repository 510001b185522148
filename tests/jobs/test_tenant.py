"""Tenants, and whose a name is."""

import pytest

from jobs.tenant import NOBODY, can_be_tenant, owns, tenant_of


@pytest.mark.parametrize("name", ["ab", "acme", "a-1", "0a", "a" * 31])
def test_names_that_a_tenant_can_have(name: str) -> None:
    assert can_be_tenant(name)


@pytest.mark.parametrize("name", ["", "a", "-a", "Acme", "a_b", "a/b", "ä1", "a" * 32, "a\n", "a."])
def test_names_that_no_tenant_can_have(name: str) -> None:
    assert not can_be_tenant(name)


@pytest.mark.parametrize(
    ("name", "tenant"),
    [
        ("acme/a.jpg", "acme"),
        ("acme/compress/a.jpg", "acme"),
        ("acme", NOBODY),
        ("acme.jpg", NOBODY),
        ("acmes/a.jpg", NOBODY),
        ("ACME/a.jpg", NOBODY),
        ("a/acme/b.jpg", NOBODY),
        ("/acme/b.jpg", NOBODY),
    ],
)
def test_whose_a_name_is(name: str, tenant: str) -> None:
    assert tenant_of(name, {"acme", "other"}) == tenant


@pytest.mark.parametrize("name", ["acme/a.jpg", "other/a.jpg", "a.jpg", "acmes/a"])
def test_both_rules_agree(name: str) -> None:
    assert owns("acme", name) == (tenant_of(name, {"acme"}) == "acme")
    assert owns(NOBODY, name)
