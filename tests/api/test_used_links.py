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
