"""/api/uploads: a file goes to storage by a link, and its job begins when that is said."""

from datetime import timedelta

import httpx2
import pytest

from integrations.staged_uploads import block_id
from jobs import transitions
from jobs.door import Door, door_of
from lifecycle.intake import accept_blob

from .forms import MP4
from .links import ask, code, link_for, put, put_block, served_later, settled, state


def test_a_photo_goes_up_by_a_link_and_comes_back_smaller(client, photo) -> None:
    link = link_for(client, photo, type="image/png")
    assert put(link, photo) == 201

    answer = client.post(link["complete_url"])

    assert answer.status_code == 202
    assert answer.json()["blob_name"] == link["blob_name"]
    assert answer.headers["location"] == link["status_url"]
    assert int(answer.headers["retry-after"]) > 0
    job = settled(client, link)
    assert job["status"] == "completed"
    saved = httpx2.get(job["output_url"])
    assert "Ferien%201.webp" in saved.headers["content-disposition"]
    assert len(saved.content) < len(photo)


def test_a_link_is_for_one_new_name_of_our_making(client, photo) -> None:
    first, second = (link_for(client, photo)["blob_name"] for _ in range(2))

    assert first != second
    assert door_of(first) is Door.LINK
    assert first.endswith("/Ferien 1.png")


def test_the_asker_chooses_a_folder(client, photo) -> None:
    answer = ask(client, {"name": "a.png", "size": 1}, folder="/course/7/")

    assert answer.json()["files"][0]["blob_name"].startswith("course/7/")


def test_a_hundred_files_have_links_in_one_answer(client) -> None:
    files = [{"name": f"{n}.jpg", "size": n + 1} for n in range(100)]

    links = ask(client, *files).json()["files"]

    assert [link["blob_name"].rpartition("/")[2] for link in links] == [
        each["name"] for each in files
    ]
    assert len({link["blob_name"] for link in links}) == 100
    assert all(state(client, link)["state"] == "waiting" for link in links[::33])


def test_what_is_asked_in_the_row_counts_and_not_what_stands_beside_the_file(
    client, services, photo
) -> None:
    link = link_for(client, photo, options={"image_output": "keep", "reference": "mine"})

    put(link, photo, **{"x-ms-meta-mp_image_output": "avif", "x-ms-meta-mp_retention": "9999"})
    client.post(link["complete_url"])

    order = settled(client, link)["order"]
    assert (order["image_output"], order["reference"]) == ("keep", "mine")
    assert order["retention"] == services.settings.processed_retention_minutes


def test_bad_metadata_beside_the_file_does_no_harm(client, photo) -> None:
    link = link_for(client, photo)

    put(link, photo, **{"x-ms-meta-mp_profile": "nonsense"})
    client.post(link["complete_url"])

    assert settled(client, link)["status"] == "completed"


def test_the_trigger_finds_the_row_as_well(client, services, photo) -> None:
    link = link_for(client, photo, options={"reference": "mine"})
    put(link, photo, **{"x-ms-meta-mp_reference": "theirs"})

    accept_blob(services, link["blob_name"])

    assert client.get(link["status_url"]).json()["reference"] == "mine"


@pytest.mark.parametrize(
    ("by", "error_code"), [(1, "LIMIT_SIZE"), (-1, "CORRUPT")], ids=["larger", "smaller"]
)
def test_a_file_of_another_size_than_announced_fails(client, photo, by, error_code) -> None:
    link = link_for(client, photo[: len(photo) - by] if by > 0 else photo + b"x")
    put(link, photo)

    answer = client.post(link["complete_url"])

    assert (answer.json()["status"], answer.json()["error_code"]) == ("failed", error_code)
    assert "announced" in answer.json()["error_message"]


def test_completing_is_the_same_once_and_often(client, photo) -> None:
    link = link_for(client, photo)
    put(link, photo)
    first = client.post(link["complete_url"]).json()

    again = client.post(link["complete_url"])
    done = settled(client, link)
    late = client.post(link["complete_url"])

    assert (again.status_code, again.json()["created_at"]) == (202, first["created_at"])
    assert (late.status_code, late.json()["completed_at"]) == (202, done["completed_at"])
    assert done["attempts"] == 1


@pytest.mark.parametrize("mode", ["single", "blocks"])
def test_nothing_is_completed_before_it_came(client, photo, mode) -> None:
    link = link_for(client, photo, mode=mode)

    answer = client.post(link["complete_url"])

    assert code(answer) == (409, "UPLOAD_INCOMPLETE")
    assert f"0 of {len(photo)}" in answer.json()["detail"]


def test_an_upload_in_blocks_is_told_and_put_together(client, services, photo) -> None:
    link = link_for(client, photo, mode="blocks")
    half = len(photo) // 2
    assert state(client, link)["state"] == "waiting"
    put_block(link, 1, photo[half:])

    going = state(client, link)
    early = client.post(link["complete_url"])
    put_block(going["grant"], 0, photo[:half])
    answer = client.post(link["complete_url"])

    assert (going["state"], going["bytes"], going["size"]) == (
        "uploading",
        len(photo) - half,
        len(photo),
    )
    assert going["blocks"] == [{"id": block_id(1), "size": len(photo) - half}]
    assert code(early) == (409, "UPLOAD_INCOMPLETE")
    assert answer.status_code == 202
    assert settled(client, link)["status"] == "completed"
    assert state(client, link)["state"] == "received"


def test_the_order_of_blocks_may_be_told(client, photo) -> None:
    link = link_for(client, photo, mode="blocks")
    half = len(photo) // 2
    put_block(link, 7, photo[:half])
    put_block(link, 3, photo[half:])

    answer = client.post(link["complete_url"], json={"blocks": [block_id(7), block_id(3)]})

    assert answer.status_code == 202
    assert settled(client, link)["status"] == "completed"


@pytest.mark.parametrize(
    "blocks", [[], [block_id(0)], [block_id(0), block_id(0)], [block_id(0), "!"], ["x" * 1000]]
)
def test_blocks_that_do_not_make_the_file_are_refused(client, photo, blocks) -> None:
    link = link_for(client, photo, mode="blocks")
    half = len(photo) // 2
    put_block(link, 0, photo[:half])
    put_block(link, 1, photo[half:])

    answer = client.post(link["complete_url"], json={"blocks": blocks})

    assert code(answer) == (409, "UPLOAD_INCOMPLETE")
    assert state(client, link)["state"] == "uploading"


def test_blocks_that_storage_calls_otherwise_are_refused(client, photo) -> None:
    link = link_for(client, photo, mode="blocks")
    where = {"comp": "block", "blockid": "//79/A=="}  # of bytes that are no text
    httpx2.put(httpx2.URL(link["upload_url"]).copy_merge_params(where), content=photo)

    assert code(client.post(link["complete_url"])) == (409, "UPLOAD_INCOMPLETE")


def test_a_link_is_given_anew_until_the_file_is_there(client, photo) -> None:
    link = link_for(client, photo)

    fresh = state(client, link)["grant"]
    put(fresh, photo)
    client.post(link["complete_url"])

    assert fresh["blob_name"] == link["blob_name"]
    assert state(client, link)["grant"] is None


def test_a_link_that_was_not_used_in_a_week_is_over(client, services, photo) -> None:
    link = link_for(client, photo)

    with served_later(services, timedelta(days=6)) as later:
        assert state(later, link)["state"] == "waiting"
    with served_later(services, timedelta(days=7)) as later:
        answer = later.get("/api/uploads", params={"blob_name": link["blob_name"]})
        assert code(answer) == (410, "EXPIRED")


def test_a_cancelled_link_takes_nothing(client, services, photo) -> None:
    link = link_for(client, photo)
    name = {"blob_name": link["blob_name"]}

    assert client.delete("/api/uploads", params=name).status_code == 204

    assert code(client.get("/api/uploads", params=name)) == (410, "UPLOAD_CANCELLED")
    assert code(client.post(link["complete_url"])) == (410, "UPLOAD_CANCELLED")
    assert put(link, photo) == 201  # storage knows nothing of it
    job = client.post(link["complete_url"]).json()
    assert (job["status"], job["error_code"]) == ("failed", "UPLOAD_CANCELLED")


def test_a_file_that_came_is_not_cancelled(client, photo) -> None:
    link = link_for(client, photo)
    put(link, photo)

    answer = client.delete("/api/uploads", params={"blob_name": link["blob_name"]})

    assert code(answer) == (409, "ALREADY_RECEIVED")


def test_a_job_that_expired_is_410(client, services, photo) -> None:
    link = link_for(client, photo)
    put(link, photo)
    client.post(link["complete_url"])
    settled(client, link)

    job = services.jobs.get(link["blob_name"])
    services.history.put(transitions.expired(job, services.clock()))
    services.jobs.delete(job)

    assert code(client.post(link["complete_url"])) == (410, "EXPIRED")
    assert state(client, link)["state"] == "received"


def test_it_is_from_the_moment_on_that_its_status_named(client, services, photo) -> None:
    link = link_for(client, photo, options={"retention": 1})
    put(link, photo)
    client.post(link["complete_url"])
    settled(client, link)

    with served_later(services, timedelta(minutes=2)) as later:
        answer = later.post(link["complete_url"])

    assert code(answer) == (410, "EXPIRED")


def test_a_file_that_calls_itself_a_folder_is_one_all_the_same(client, photo) -> None:
    link = link_for(client, photo)

    put(link, photo, **{"x-ms-meta-hdi_isfolder": "true"})
    client.post(link["complete_url"])

    assert settled(client, link)["status"] == "completed"


def test_a_large_file_comes_in_blocks(client) -> None:
    answer = ask(client, {"name": "a.mp4", "size": 300 << 20}, {"name": "b.mp4", "size": 1})

    assert [link["mode"] for link in answer.json()["files"]] == ["blocks", "single"]


def test_a_broken_video_that_came_by_a_link_fails_with_its_code(client) -> None:
    link = link_for(client, MP4 + bytes(5000))
    put(link, MP4 + bytes(5000))
    client.post(link["complete_url"])

    assert settled(client, link)["error_code"] == "CORRUPT"
