"""Each fault of the proxy reaches a client of the SDK, and what was applied was applied."""

import itertools
import time

import pytest
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    IncompleteReadError,
    ResourceExistsError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from devhost.azurite import Azurite
from harness.chaos.faults.proxy import proxy
from harness.chaos.faults.rule import Call, Forecast, Rule, in_turn, parsed_rule
from harness.rig.processes import wait_for

NO_RETRIES = {"retry_total": 0}
NUMBERS = itertools.count()


class Client:
    """One container, queue and table of a test's own, with and without the proxy between."""

    def __init__(self, made, direct, name):
        self.made = made
        self.near = self._clients(direct, name)
        self.far = self._clients(made.storage, name)

    @staticmethod
    def _clients(storage, name):
        blobs = BlobServiceClient.from_connection_string(storage, **NO_RETRIES)
        queues = QueueServiceClient.from_connection_string(storage, **NO_RETRIES)
        tables = TableServiceClient.from_connection_string(storage, **NO_RETRIES)
        return (
            blobs.get_container_client(name),
            queues.get_queue_client(name),
            tables.get_table_client(name),
        )

    def create(self):
        container, queue, table = self.near
        container.create_container()
        queue.create_queue()
        table.create_table()

    def close(self):
        for each in (*self.near, *self.far):
            each.close()


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    with Azurite.started(tmp_path_factory.mktemp("azurite")) as azurite:
        yield azurite


@pytest.fixture
def client(azurite):
    with proxy(azurite.ports) as made:
        client = Client(made, azurite.connection_string, f"faults{next(NUMBERS)}")
        client.create()
        yield client
        client.close()


def names(container):
    return set(container.list_blob_names())


def messages(queue):
    return [each.content for each in queue.peek_messages(32)]


def test_without_rules_all_three_services_work_as_ever(client):
    container, queue, table = client.far

    container.upload_blob("a/b c.bin", b"12345", metadata={"x": "y"})
    queue.send_message("hello")
    table.create_entity({"PartitionKey": "p", "RowKey": "r", "n": 1})

    assert container.download_blob("a/b c.bin").readall() == b"12345"
    assert container.get_blob_client("a/b c.bin").get_blob_properties().metadata == {"x": "y"}
    assert [each.content for each in queue.receive_messages()] == ["hello"]
    assert table.get_entity("p", "r")["n"] == 1
    assert client.made.ledger.met() == 0
    assert client.made.ledger.calls["blob", "put blob"] == 1


def test_much_data_streams_through_unchanged(client):
    container, _, _ = client.far
    data = bytes(range(256)) * (24 * 4096)  # 24 MiB, in blocks of 4 MiB

    container.upload_blob("much", data, max_concurrency=2)

    assert container.download_blob("much").readall() == data


def test_a_connection_that_was_idle_for_long_is_still_good(client):
    container, _, _ = client.far
    container.upload_blob("a", b"1")

    time.sleep(6.5)  # Azurite closes its end after five

    assert container.download_blob("a").readall() == b"1"


@pytest.mark.parametrize(
    ("status", "code"), [("500", "InternalError"), ("503", "ServerBusy"), ("403", "Authentic")]
)
def test_a_refusal_speaks_as_the_service_does(client, status, code):
    container, queue, table = client.far
    client.made.change([Rule(status, retry_after=7)])

    calls = [
        lambda: container.upload_blob("a", b"x" * 100_000),
        lambda: queue.send_message("a"),
        lambda: table.update_entity({"PartitionKey": "p", "RowKey": "r"}),
    ]
    for call in calls:
        with pytest.raises(HttpResponseError, match=code) as caught:
            call()
        assert caught.value.status_code == int(status)
        assert caught.value.response.headers["Retry-After"] == "7"

    client.made.change([])
    assert (names(container), messages(queue)) == (set(), [])
    assert container.upload_blob("a", b"on the same connection")


def test_a_head_request_is_refused_without_a_body(client):
    container, _, _ = client.far
    client.made.change([Rule("503", method="HEAD")])

    for _ in range(2):
        with pytest.raises(HttpResponseError) as caught:
            container.get_blob_client("a").get_blob_properties()
        assert caught.value.status_code == 503


def test_a_reset_before_is_never_applied(client):
    container, queue, _ = client.far
    client.made.change([Rule("reset", method="PUT"), Rule("reset", method="POST")])

    with pytest.raises((ServiceResponseError, ServiceRequestError)):
        container.upload_blob("a", b"x" * 1_000_000)
    with pytest.raises(ServiceResponseError):
        queue.send_message("a")

    assert (names(client.near[0]), messages(client.near[1])) == (set(), [])
    assert client.made.ledger.applied.total() == 0


@pytest.mark.parametrize("fault", ["reset", "500", "truncate"])
def test_a_fault_after_leaves_the_call_applied_and_its_answer_lost(client, fault):
    container, queue, table = client.far
    client.made.change([Rule(fault, "after")])

    with pytest.raises(AzureError):
        container.upload_blob("a", b"x")
    with pytest.raises(AzureError):
        queue.send_message("a")
    # Of an answer without its headers the SDK for tables makes an error of its own.
    with pytest.raises((AzureError, AttributeError)):
        table.create_entity({"PartitionKey": "p", "RowKey": "r"})

    near_container, near_queue, near_table = client.near
    assert names(near_container) == {"a"}
    assert messages(near_queue) == ["a"]
    assert near_table.get_entity("p", "r")
    assert client.made.ledger.applied.total() == 3


def test_a_client_that_repeats_a_create_meets_its_own_work(client):
    client.made.change([Rule("reset", "after", method="PUT", nth=1)])
    quick = {"initial_backoff": 0, "increment_base": 0.1, "random_jitter_range": 0}

    with BlobServiceClient.from_connection_string(client.made.storage, **quick) as service:
        container = service.get_container_client(client.near[0].container_name)
        with pytest.raises(ResourceExistsError):
            container.upload_blob("a", b"x", retry_total=2)


def test_half_of_a_download_is_noticed(client):
    container, _, _ = client.far
    client.near[0].upload_blob("a", b"x" * 50_000)
    client.made.change([Rule("truncate", "after", service="blob", method="GET")])

    with pytest.raises((IncompleteReadError, HttpResponseError, ServiceResponseError)):
        container.download_blob("a").readall()


def test_a_delay_and_a_drip_take_their_time_and_lose_nothing(client):
    container, _, _ = client.far
    client.near[0].upload_blob("a", b"x" * 500)
    client.made.change([Rule("delay", seconds=0.5, nth=1), Rule("drip", "after", bytes_per_s=500)])

    times = []
    for _ in range(2):
        start = time.monotonic()
        assert container.download_blob("a").readall() == b"x" * 500
        times.append(time.monotonic() - start)

    assert times[0] >= 0.5
    assert times[1] >= 0.8


def test_a_repeated_call_is_done_again_though_its_sender_knows_nothing(client):
    _, queue, _ = client.far
    client.made.change([Rule("repeat", "after", path="/messages$", times=5, seconds=0.2)])

    for number in range(6):
        queue.send_message(f"{number}")
    wait_for(lambda: not client.made.repeater.waiting)

    found = messages(client.near[1])
    assert set(found) == {f"{number}" for number in range(6)}
    assert len(found) == 6 + client.made.repeater.done > 6
    assert all(1 <= found.count(each) <= 5 for each in found)


@pytest.mark.parametrize("kind", ["reset", "refuse"])
def test_an_outage_lets_nothing_through_and_ends(client, kind):
    container, queue, _ = client.far
    container.upload_blob("before", b"x")

    client.made.begin_outage(kind)
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        container.upload_blob("during", b"x")
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        queue.send_message("during")
    client.made.end_outage()
    container.upload_blob("after", b"x")

    assert names(client.near[0]) == {"before", "after"}
    assert client.made.ledger.met() == (2 if kind == "reset" else 0)


def test_calls_are_counted_by_the_second(client):
    container, _, _ = client.far
    start = int(time.time())

    for number in range(5):
        container.upload_blob(f"{number}", b"x")

    assert client.made.ledger.between(start, time.time() + 1) == 5


def test_a_rule_is_about_a_service_a_method_a_path_and_a_turn():
    rule = parsed_rule("503 after service=blob method=PUT path=^uploads/.*[.]png$ nth=2")
    forecast = Forecast([rule])
    calls = [
        Call("queue", "PUT", "uploads/a.png", ""),
        Call("blob", "GET", "uploads/a.png", ""),
        Call("blob", "PUT", "uploads/a.mp4", ""),
        *[Call("blob", "PUT", "uploads/a.png", "")] * 3,
    ]

    met = [forecast.fault_of(each) is rule for each in calls]

    assert met == [False, False, False, False, True, False]


@pytest.mark.parametrize("text", ["", "404x", "truncate before", "503 whenever", "503 color=red"])
def test_a_rule_that_says_nothing_is_refused(text):
    with pytest.raises(ValueError, match=r"no such|after the call"):
        parsed_rule(text)


def test_the_same_seed_meets_the_same_calls():
    rules = in_turn([Rule("503"), Rule("reset"), Rule("reset", "after")], 0.3)
    call = Call("blob", "PUT", "uploads/a", "")

    def weather(seed):
        forecast = Forecast(rules, seed)
        return [fault and fault.name for fault in (forecast.fault_of(call) for _ in range(3000))]

    assert weather(1) == weather(1) != weather(2)
    met = [each for each in weather(1) if each]
    assert len(met) == pytest.approx(900, abs=120)
    assert all(met.count(each.name) == pytest.approx(300, abs=80) for each in rules)
