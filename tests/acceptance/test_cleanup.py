"""The five boxes of "Cleanup"."""

from datetime import UTC, datetime, timedelta

import pytest

from devhost.azurite import Azurite
from harness.rig.host import Host
from harness.rig.service import Service

TEN_MINUTES = timedelta(minutes=10)
A_MOMENT = timedelta(minutes=3)


def test_the_upload_is_deleted_after_success(service, photo):
    """Box: Upload blob deleted after successful processing."""
    service.completed("consumed.png", photo)

    # The row says completed first; the upload goes right after.
    service.wait_for("the upload's end", lambda: "consumed.png" not in service.uploads())
    assert "job of consumed.png: upload deleted" in service.host.said()


def test_the_result_exists_after_success(service, photo):
    """Box: Processed blob exists after processing."""
    job = service.completed("upload-produced.png", photo)

    stored = service.output("processed-produced.webp")
    assert job["processed_blob_name"] == "processed-produced.webp"
    assert stored.size == job["compressed_size"]
    assert stored.content_settings.content_type == "image/webp"


@pytest.fixture(scope="module")
def swept(service, small_photo):
    """Two jobs after a sweep: one completed ten minutes ago by its row, the other not quite."""
    jobs = {name: service.completed(f"{name}.png", small_photo) for name in ("old", "young")}
    ages = {"old": TEN_MINUTES, "young": TEN_MINUTES - A_MOMENT}
    for name, age in ages.items():
        service.complete_earlier(f"{name}.png", datetime.now(UTC) - age)
    service.sweep()
    return jobs


def test_a_result_is_deleted_after_ten_minutes_and_not_before(service, swept):
    """Box: Processed blob deleted after 10 minutes."""
    assert service.output(swept["old"]["processed_blob_name"]) is None
    assert service.output(swept["young"]["processed_blob_name"]) is not None


def test_the_record_goes_with_the_result(service, swept):
    """Box: Job record deleted with processed blob."""
    assert service.row("old.png") is None
    assert service.ask_status("old.png").status == 410
    assert service.status("young.png")["status"] == "completed"


def test_the_sweep_is_due_every_five_minutes(service):
    """Box: Timer runs every 5 minutes."""
    answer = service.ask("/admin/functions/on_sweep")

    (timer,) = answer.json["config"]["bindings"]
    assert timer["type"] == "timerTrigger"
    assert timer["schedule"] == "0 */5 * * * *"


def test_the_timer_sweeps_again_and_again_by_itself(tmp_path):
    """The same timer as above, on a schedule that a test can wait for."""
    with Azurite.started(tmp_path / "azurite") as azurite:
        host = Host(azurite.connection_string, tmp_path, {"SWEEP_SCHEDULE": "* * * * * *"})
        host.start()
        service = Service(host)
        try:
            service.wait_for("three sweeps", lambda: host.said().count("CLEANUP done") >= 3)
        finally:
            service.close()
            host.stop()
