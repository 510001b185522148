"""A name that is uploaded again: the newest version is the one that counts."""

from harness.samples import accepted


def test_a_second_upload_of_a_name_replaces_the_first_result(service, photo, small_photo, tmp_path):
    first = service.completed("again.png", photo)

    service.upload("again.png", small_photo)
    second = service.wait_for(
        "the second result", lambda: completed_with(service, "again.png", small_photo)
    )

    assert second["processed_blob_name"] == first["processed_blob_name"] == "again.webp"
    assert accepted.width_px(service.download(second, tmp_path)) == 100


def test_an_upload_that_is_overwritten_at_once_gives_one_result(
    service, photo, small_photo, tmp_path
):
    service.upload("corrected.png", photo)
    service.upload("corrected.png", small_photo)

    job = service.wait_for(
        "the result of the correction",
        lambda: completed_with(service, "corrected.png", small_photo),
    )

    assert accepted.width_px(service.download(job, tmp_path)) == 100
    assert len([each for each in service.outputs() if "corrected" in each.name]) == 1


def test_an_upload_that_is_overwritten_while_it_is_processed_counts_as_the_new_one(
    service, long_clip, small_photo, tmp_path
):
    service.upload("recut.mp4", long_clip)
    service.wait_for("the first attempt", lambda: is_encoding(service, "recut.mp4"))

    service.upload("recut.mp4", small_photo)
    job = service.wait_for(
        "the result of the new one", lambda: completed_with(service, "recut.mp4", small_photo)
    )

    assert job["format"] == "webp"
    assert accepted.width_px(service.download(job, tmp_path)) == 100


def completed_with(service, name, source):
    """The job, once it is completed and about this version of the upload."""
    job = service.status(name)
    is_ours = job and job["original_size"] == source.stat().st_size
    return job if is_ours and job["status"] == "completed" else None


def is_encoding(service, name):
    job = service.status(name)
    assert job is None or job["status"] != "completed", "the clip is too short for this test"
    return job and job["status"] == "processing"
