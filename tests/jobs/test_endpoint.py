"""Endpoints: who gets which events, and which secrets sign."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.contract import Contract
from jobs.endpoint import (
    OPERATOR,
    Endpoint,
    EndpointKind,
    by_setting,
    disabled,
    enabled,
    id_of_address,
    is_transfer,
    operators,
    receivers,
)
from jobs.event import SUBSCRIBABLE, EventType, Receiver
from jobs.job import Job
from jobs.signing import SigningSecret
from jobs.transitions import created
from jobs.upload import Upload
from order import Order

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def endpoint(name: str, *events: EventType) -> Endpoint:
    return Endpoint(
        name,
        f"https://{name}.example/",
        frozenset(events) or SUBSCRIBABLE,
        NOW,
        SigningSecret(name),
    )


def job(webhook: str | None = None) -> Job:
    return created(Upload("a.png", 5, "e1", NOW), Order(webhook=webhook), NOW)


def test_an_endpoint_gets_the_events_that_it_wants() -> None:
    failures, everything = endpoint("f", EventType.JOB_FAILED), endpoint("e")

    assert receivers(job(), EventType.JOB_COMPLETED, [failures, everything]) == (Receiver("e"),)
    assert receivers(job(), EventType.JOB_FAILED, [failures, everything]) == (
        Receiver("f"),
        Receiver("e"),
    )


def test_a_disabled_endpoint_gets_nothing_until_it_is_enabled() -> None:
    off = disabled(endpoint("e"), "because", NOW)

    assert receivers(job(), EventType.JOB_FAILED, [off]) == ()
    assert receivers(job(), EventType.JOB_FAILED, [enabled(off)]) == (Receiver("e"),)


def test_an_address_beside_the_upload_is_one_more_receiver() -> None:
    found = receivers(job("https://a.example/x?y"), EventType.JOB_FAILED, [endpoint("e")])

    own = Receiver(id_of_address("https://a.example/x?y"), "https://a.example/x?y")
    assert found == (Receiver("e"), own)


def test_where_nobody_wants_anything_nothing_is_owed() -> None:
    assert receivers(job(), EventType.JOB_COMPLETED, []) == ()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://a.example/1?x", "https://a.example/2", True),
        ("https://a.example/", "https://A.EXAMPLE/", True),
        ("https://a.example/", "https://a.example:8443/", False),
        ("https://a.example/", "https://b.example/", False),
    ],
)
def test_addresses_of_one_server_are_one_endpoint(one: str, other: str, is_same: bool) -> None:
    assert (id_of_address(one) == id_of_address(other)) is is_same


def test_a_tenant_is_told_of_its_own_jobs_alone() -> None:
    own = replace(endpoint("e"), tenant="acme")

    for name, is_told in (("acme/a.png", True), ("acmes/a.png", False), ("a.png", False)):
        asked = replace(job(), blob_name=name)
        assert bool(receivers(asked, EventType.JOB_FAILED, [own])) is is_told
        assert receivers(asked, EventType.JOB_FAILED, [endpoint("e")]) == (Receiver("e"),)


def test_addresses_of_two_tenants_are_two_endpoints() -> None:
    url = "https://a.example/"

    assert len({id_of_address(url, each) for each in ("", "acme", "other")}) == 3
    assert receivers(job(url), EventType.JOB_FAILED, [], "acme") == (
        Receiver(id_of_address(url, "acme"), url),
    )


def test_what_is_known_of_the_operators_endpoint_holds_for_its_address() -> None:
    known = disabled(operators("https://a.example/", None, NOW), "dead", NOW)
    rotated = replace(known, secret=known.secret.rotated(NOW, timedelta(1)), row_etag="r1")

    same = operators("https://a.example/", rotated, NOW)
    moved = operators("https://b.example/", rotated, NOW)

    assert same == rotated
    assert (moved.id, moved.url, moved.is_enabled) == (OPERATOR, "https://b.example/", True)
    assert (moved.secret, moved.row_etag) == (rotated.secret, "r1")


def test_an_old_secret_signs_beside_the_new_one_for_as_long_as_was_asked() -> None:
    secret = SigningSecret("e").rotated(NOW, timedelta(hours=24))

    assert SigningSecret("e").versions(NOW) == (1,)
    assert secret.versions(NOW + timedelta(hours=23)) == (2, 1)
    assert secret.versions(NOW + timedelta(hours=24)) == (2,)


@pytest.mark.parametrize(
    ("kind", "name", "contract", "is_concerned"),
    [
        (EndpointKind.SFTP, "a.png", Contract.LMS, True),
        (EndpointKind.SFTP, "a.png", Contract.VIDEO, False),
        (EndpointKind.SFTP, "a.png", Contract.NONE, False),
        (EndpointKind.PUSH, "a.png", Contract.VIDEO, True),
        (EndpointKind.PUSH, "a.png", Contract.LMS, False),
        (EndpointKind.SIMPI, "step-7-1.png", Contract.NONE, True),
        (EndpointKind.SIMPI, "a.png", Contract.NONE, False),
        (EndpointKind.SIMPI, "step-7-1.png", Contract.LMS, False),
        (EndpointKind.WEBHOOK, "a.png", Contract.LMS, True),
    ],
)
def test_each_kind_has_to_do_with_its_own_jobs(
    kind: EndpointKind, name: str, contract: Contract, is_concerned: bool
) -> None:
    own = by_setting(kind, "https://a.example/", SUBSCRIBABLE)
    asked = replace(job(), blob_name=name, contract=contract)

    assert own.is_for(asked) is is_concerned
    assert bool(receivers(asked, EventType.JOB_COMPLETED, [own])) is is_concerned


def test_files_have_a_way_of_their_own() -> None:
    names = ("sftp", "push", "simpi", OPERATOR, "wh_1")

    assert [is_transfer(name) for name in names] == [True, True, False, False, False]
