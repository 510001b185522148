"""The end of a job is told: after it, once for each receiver, whoever dies and whatever is lost."""

import json
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from standardwebhooks import Webhook

from errors import EncodingError, StorageUnavailableError
from jobs.event import EventType
from jobs.public import public_document
from lifecycle import known_endpoints, work
from lifecycle.attempt import run_attempt
from lifecycle.dispatcher import dispatch
from lifecycle.endpoints import create_endpoint, secret_of
from lifecycle.failpoints import Point
from lifecycle.intake import accept_blob
from lifecycle.poison import examine_poison
from lifecycle.publish import publish
from lifecycle.rescue import rescue

from .conftest import World
from .delivering import Death, Delivering, delivering, dying_at, services_of

post = pytest.fixture(name="post")(delivering)


@pytest.fixture
def die(monkeypatch: pytest.MonkeyPatch) -> Callable[[Point], None]:
    return dying_at(monkeypatch)


def arrive(post: Delivering, endpoint_id: str) -> list[dict]:
    """What has arrived there, verified as its receiver would."""
    secret = secret_of(post.services, post.endpoint(endpoint_id).secret)
    return [
        Webhook(secret).verify(each.body, dict(each.headers))
        for each in post.receivers[endpoint_id].received
    ]


def rescue_until_quiet(post: Delivering) -> None:
    """The quick timer for two minutes, and what its messages lead to."""
    for _ in range(4):
        post.world.clock.advance(seconds=30)
        rescue(post.services)
        if endpoint_ids := post.woken():
            dispatch(post.services, endpoint_ids)


def test_the_end_of_a_job_arrives_at_each_webhook_with_a_link_that_works(
    post: Delivering, photo: bytes
) -> None:
    one, other = post.webhook(), post.webhook()

    job = post.complete("a folder/ä.png", photo)
    dispatch(post.services, post.woken())

    for endpoint_id in (one, other):
        (event,) = arrive(post, endpoint_id)
        assert event["type"] == "job.completed"
        assert event["data"] | public_document(job) == event["data"] | {
            "updated_at": public_document(job)["updated_at"]
        }
        with urlopen(event["data"]["output_url"]) as answer:
            assert answer.read() == post.world.output("a folder/ä.webp")
        assert post.delivery(job, endpoint_id).state == "delivered"
    assert len({key.delivery_id for key in job.published}) == 1


def test_a_webhook_gets_only_what_it_wants(post: Delivering, photo: bytes) -> None:
    failures = post.webhook(events=[EventType.JOB_FAILED])
    successes = post.webhook(events=[EventType.JOB_COMPLETED])

    post.complete("a.png", photo)
    post.fail("b.png")
    dispatch(post.services, post.woken())

    (failure,), (success,) = arrive(post, failures), arrive(post, successes)
    assert (failure["data"]["blob_name"], failure["data"]["error_code"]) == ("b.png", "EMPTY_FILE")
    assert success["data"]["blob_name"] == "a.png"


def test_where_nobody_wants_to_know_nothing_is_owed_and_nothing_stored(
    post: Delivering, photo: bytes
) -> None:
    jobs = [post.complete("a.png", photo), post.fail("b.png")]

    assert [(job.unpublished, job.published) for job in jobs] == [(False, ())] * 2
    assert post.woken() == set()
    assert {alarm.endpoint_id for alarm in post.world.alarms(days=40)} == {None}


@pytest.mark.parametrize("point", [Point.UNPUBLISHED, Point.PUBLISHED_DELIVERIES, Point.PUBLISHED])
def test_a_death_while_it_is_told_costs_a_minute_and_nothing_arrives_twice(
    post: Delivering, photo: bytes, die: Callable[[Point], None], point: Point
) -> None:
    endpoint_id = post.webhook()
    die(point)
    with pytest.raises(Death):
        post.complete("a.png", photo)
    post.woken()  # and its message is lost as well

    rescue_until_quiet(post)

    assert [event["data"]["blob_name"] for event in arrive(post, endpoint_id)] == ["a.png"]
    assert not post.world.job("a.png").unpublished


def test_a_death_after_some_of_several_receivers_leaves_none_out_and_none_is_told_twice(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_ids = [post.webhook() for _ in range(3)]
    add, stored = post.services.outbox.add, []

    def dies_at_the_third(_, delivery) -> bool:
        if len(stored) == 2:
            raise Death
        stored.append(delivery)
        return add(delivery)

    with monkeypatch.context() as patch:
        patch.setattr(type(post.services.outbox), "add", dies_at_the_third)
        with pytest.raises(Death):
            post.fail("a.png")

    rescue_until_quiet(post)

    assert [len(arrive(post, each)) for each in endpoint_ids] == [1, 1, 1]
    ids = {each.received[0].id for each in post.receivers.values()}
    assert ids == {each.id for each in stored}


def test_an_alarm_without_its_delivery_rings_for_nothing_and_is_gone(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    with monkeypatch.context() as patch:
        patch.setattr(type(post.services.outbox), "add", lambda _, __: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            post.fail("a.png")
    assert endpoint_id in {alarm.endpoint_id for alarm in post.world.alarms(minutes=1)}

    rescue_until_quiet(post)

    assert endpoint_id not in {alarm.endpoint_id for alarm in post.world.alarms(days=20)}
    assert len(arrive(post, endpoint_id)) == 1, "the job's own alarm made up for it"


def test_a_lost_message_costs_a_minute(post: Delivering) -> None:
    endpoint_id = post.webhook()
    post.fail("a.png")
    assert post.woken() == {endpoint_id}

    rescue_until_quiet(post)

    assert len(arrive(post, endpoint_id)) == 1


def test_storage_that_fails_while_it_is_told_delays_it_and_nothing_else(
    post: Delivering, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()

    def unavailable(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(type(post.services.outbox), "add", unavailable)
        job = post.complete("a.png", photo)

    assert (job.status, job.unpublished) == ("completed", True)
    assert post.services.uploads.get("a.png") is None
    rescue_until_quiet(post)
    assert len(arrive(post, endpoint_id)) == 1


def test_where_the_list_cannot_be_read_the_end_counts_as_owed(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    other = post.process()

    def unavailable(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(type(other.endpoint_table), "read", unavailable)
        job = post.fail("a.png", other)

    assert job.unpublished
    rescue_until_quiet(post)
    assert len(arrive(post, endpoint_id)) == 1


def test_another_process_knows_a_new_webhook_when_its_list_is_too_old(
    post: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = post.process()
    assert other.endpoints.all() == ()
    endpoint_id = post.webhook()

    assert post.fail("a.png", other).published == ()
    monkeypatch.setattr(known_endpoints, "REMEMBERED_S", 0.0)

    assert [key.endpoint_id for key in post.fail("b.png", other).published] == [endpoint_id]


def test_an_upload_that_replaces_one_nobody_was_told_of_tells_of_it_first(
    post: Delivering, die: Callable[[Point], None]
) -> None:
    endpoint_id = post.webhook()
    die(Point.UNPUBLISHED)
    with pytest.raises(Death):
        post.fail("a.png")
    older = post.world.job("a.png")

    newer = post.fail("a.png")
    dispatch(post.services, post.woken())

    events = arrive(post, endpoint_id)
    assert len(events) == 2
    assert newer.upload_etag != older.upload_etag
    assert len(set(post.receivers[endpoint_id].ids)) == 2


def test_a_failed_job_that_is_started_again_tells_of_both_ends(
    post: Delivering, die: Callable[[Point], None]
) -> None:
    endpoint_id = post.webhook()
    die(Point.UNPUBLISHED)
    with pytest.raises(Death):
        post.fail("a.png")

    accept_blob(post.services, "a.png", again=True)
    dispatch(post.services, post.woken())

    assert len(set(post.receivers[endpoint_id].ids)) == 2


def test_every_way_to_fail_is_told(
    post: Delivering, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = post.webhook()
    post.services = services_of(post.world, max_retry_attempts=0)

    def gives_up(*_: object) -> None:
        raise EncodingError

    monkeypatch.setattr(work, "compress", gives_up)
    assert post.complete("verdict.png", photo).status == "failed"
    vanish(post, "vanished.png", photo)
    run_attempt(post.services, post.world.job("vanished.png").message(post.services.clock()))
    vanish(post, "poison.png", photo)
    examine_poison(post.services, post.world.job("poison.png").message(post.services.clock()))
    dispatch(post.services, post.woken())

    told = [event["data"] for event in arrive(post, endpoint_id)]
    assert {data["blob_name"]: data["error_code"] for data in told} == {
        "verdict.png": "ENCODING_FAILED",
        "vanished.png": "WORKER_LOST",
        "poison.png": "WORKER_LOST",
    }


def vanish(post: Delivering, name: str, photo: bytes) -> None:
    """An attempt begins, and is never heard of again."""
    post.world.put(name, photo)
    accept_blob(post.services, name)
    post.world.claim(name, "a1")
    post.world.clock.advance(minutes=1)


def test_nothing_is_told_before_the_row_says_so(
    post: Delivering, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.webhook()
    seen = []
    add = post.services.outbox.add
    monkeypatch.setattr(
        type(post.services.outbox),
        "add",
        lambda _, delivery: seen.append(post.services.jobs.get("a.png")) or add(delivery),
    )

    post.complete("a.png", photo)

    assert [(job.status, job.unpublished) for job in seen if job] == [("completed", True)]


def test_an_address_beside_the_upload_is_told_as_well_and_signed_with_the_shared_secret(
    world: World, post: Delivering, photo: bytes
) -> None:
    url = "https://media.example:8443/hook?job=7"
    world.services.uploads._container.upload_blob(
        "a.png", photo, metadata={"mp_webhook": url.replace("?", "%3F")}, overwrite=True
    )
    job = accept_blob(post.services, "a.png")
    run_attempt(post.services, job.message(post.services.clock()))

    (key,) = world.job("a.png").published
    delivery = post.services.outbox.get(key)
    assert (delivery.url, delivery.state) == (url, "waiting")
    assert key.endpoint_id.startswith("job-")
    assert post.woken() == {key.endpoint_id}
    endpoint = post.services.endpoints.of(delivery)
    assert endpoint.secret == post.services.endpoints.shared_secret()


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://a.example", "nonsense", "https://u:p@a.example/"]
)
def test_an_address_that_is_none_is_refused_when_it_is_given(
    world: World, post: Delivering, url: str
) -> None:
    is_good = url == "https://a.example"
    endpoint_id = post.webhook()
    world.services.uploads._container.upload_blob(
        "a.png", b"x", metadata={"mp_webhook": url}, overwrite=True
    )

    accept_blob(post.services, "a.png")
    dispatch(post.services, post.woken())

    assert (world.job("a.png").error_code == "INVALID_OPTION") is not is_good
    told = [event["data"]["error_message"] for event in arrive(post, endpoint_id)]
    assert all("mp_webhook" in text for text in told)
    assert len(told) == (not is_good)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]"])
def test_an_address_behind_our_own_walls_fails_for_good_and_the_job_does_not(
    world: World, post: Delivering, photo: bytes, host: str
) -> None:
    world.services.uploads._container.upload_blob(
        "a.png", photo, metadata={"mp_webhook": f"https://{host}:8443/"}, overwrite=True
    )
    job = accept_blob(post.services, "a.png")
    run_attempt(post.services, job.message(post.services.clock()))

    dispatch(post.services, post.woken())

    job = world.job("a.png")
    (key,) = job.published
    delivery = post.services.outbox.get(key)
    assert job.status == "completed"
    assert (delivery.state, delivery.error_code) == ("failed", "DELIVERY_REFUSED")
    assert post.services.outbox.waiting(key.endpoint_id, 1).breaker.failures == 0


def test_an_unknown_option_is_told_with_its_name(post: Delivering) -> None:
    endpoint_id = post.webhook()
    post.world.services.uploads._container.upload_blob(
        "a.png", b"x", metadata={"mp_colour": "red"}, overwrite=True
    )

    accept_blob(post.services, "a.png")
    dispatch(post.services, post.woken())

    (event,) = arrive(post, endpoint_id)
    assert event["data"]["error_code"] == "INVALID_OPTION"
    assert "mp_colour" in event["data"]["error_message"]


def test_the_operators_webhook_is_there_by_its_setting_alone(post: Delivering) -> None:
    endpoint_id = post.webhook()
    url = f"{post.receivers[endpoint_id].url}/operator"
    services = post.process(webhook_url=url)

    post.fail("a.png", services)
    dispatch(services, post.woken())

    paths = sorted(each.path for each in post.receivers[endpoint_id].received)
    assert paths == ["/hook", "/operator"]


def test_a_message_for_an_endpoint_that_never_was_does_nothing(post: Delivering) -> None:
    dispatch(post.services, ["wh_nobody", "job-nobody"])

    assert post.woken() == set()


def test_publishing_again_changes_nothing(post: Delivering) -> None:
    endpoint_id = post.webhook()
    job = post.fail("a.png")
    dispatch(post.services, post.woken())

    publish(post.services, job)
    dispatch(post.services, post.woken())

    assert len(arrive(post, endpoint_id)) == 1
    assert json.loads(post.delivery(job, endpoint_id).data)["blob_name"] == "a.png"


def test_an_endpoint_that_is_made_by_another_process_is_found_by_its_name(
    post: Delivering,
) -> None:
    other = post.process()
    other.endpoints.all()
    endpoint = create_endpoint(post.services, "https://8.8.8.8/", [EventType.JOB_FAILED], "")

    assert other.endpoints.get(endpoint.id) == endpoint
