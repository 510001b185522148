"""A link is for one file, whatever comes by it later."""

from uuid import uuid4

import httpx2
import pytest

from errors import CorruptMediaError
from jobs import transitions
from lifecycle.intake import accept_blob

from .links import link_for, settled


@pytest.mark.parametrize("mode", ["single", "blocks"])
def test_a_link_is_for_one_file_and_what_comes_after_its_end_is_deleted(
    client, services, photo, mode
) -> None:
    link = link_for(client, photo, mode=mode)
    put = {"content": photo, "headers": {"x-ms-blob-type": "BlockBlob"}}
    httpx2.put(link["upload_url"], **put)
    client.post(link["complete_url"])
    first = settled(client, link)

    assert httpx2.put(link["upload_url"], **put).status_code == 201
    client.post(link["complete_url"])

    assert services.uploads.get(link["blob_name"]) is None
    assert settled(client, link)["completed_at"] == first["completed_at"]


def test_a_name_that_only_looks_like_that_of_a_link_may_be_written_again(services, photo) -> None:
    name = f"{uuid4()}/photo.jpg"
    jobs = []
    for _ in range(2):
        services.uploads._container.upload_blob(name, photo, overwrite=True)
        job = accept_blob(services, name)
        refused = transitions.failed(job, CorruptMediaError(), services.clock())
        jobs.append(services.jobs.replace(refused))

    assert jobs[0].upload_etag != jobs[1].upload_etag


@pytest.mark.parametrize("mode", ["single", "blocks"])
def test_a_link_can_do_nothing_but_what_it_is_for(client, services, photo, mode) -> None:
    other = link_for(client, photo, mode=mode)
    link = link_for(client, photo, mode=mode)
    url = httpx2.URL(link["upload_url"])
    put = {"content": photo, "headers": {"x-ms-blob-type": "BlockBlob"}}
    elsewhere = url.copy_with(path=httpx2.URL(other["upload_url"]).path)
    container = url.copy_with(path=url.path.split("/uploads/")[0] + "/uploads")

    refused = [
        httpx2.put(elsewhere, **put),
        httpx2.get(url),
        httpx2.head(url),
        httpx2.delete(url),
        httpx2.get(container.copy_merge_params({"restype": "container", "comp": "list"})),
        httpx2.put(url.copy_set_param("se", "2030-01-01T00:00:00Z"), **put),
    ]

    assert {each.status_code for each in refused} == {403}
    assert httpx2.put(url, **put).status_code == 201
    assert [each.status_code for each in (httpx2.get(url), httpx2.delete(url))] == [403, 403]
    if mode == "single":
        assert httpx2.put(url, **put).status_code in (403, 409)  # nothing is overwritten
    assert services.uploads.get(other["blob_name"]) is None
