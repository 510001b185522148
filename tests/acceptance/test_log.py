"""How much is logged of what clients ask again and again."""

import pytest

from harness.rig.request import request

pytestmark = pytest.mark.xdist_group("acceptance")
POLLS = 20


def test_a_status_poll_leaves_one_line_at_most(service, photo):
    service.completed("polled.png", photo)
    before = service.host.said()

    for _ in range(POLLS):
        assert service.status("polled.png")["status"] == "completed"

    said = service.host.said()[len(before) :].splitlines()
    of_polls = [line for line in said if "polled.png" in line or "Functions.status'" in line]
    assert len(of_polls) <= POLLS


def test_a_request_for_nothing_leaves_no_line(service):
    before = service.host.said()

    for _ in range(POLLS):
        request(service.host.url + "/wp-login.php")

    assert "without_route" not in service.host.said()[len(before) :]
