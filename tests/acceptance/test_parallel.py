"""The four boxes of "Parallel Processing": three dozen files that were uploaded at once."""

from collections import Counter

import pytest

from harness.samples import accepted

# host.json: two messages are fetched while no more than one runs, of videos and of photos alike.
MOST_AT_A_TIME = 2 * 3


def test_several_files_are_processed_at_the_same_time(crowd):
    """Box: Multiple files can be processed simultaneously."""
    assert len(crowd.sources) >= 10
    assert 2 <= max(crowd.in_flight) <= MOST_AT_A_TIME


def test_each_file_is_tracked_on_its_own(service, crowd):
    """Box: Each file tracked independently."""
    rows = {row["blob_name"]: row for row in service.rows() if row["blob_name"] in crowd.sources}

    sizes = {name: row["file_size"].value for name, row in rows.items()}
    assert sizes == {name: source.stat().st_size for name, source in crowd.sources.items()}
    assert len({row["RowKey"] for row in rows.values()}) == len(crowd.sources)
    assert {row["attempts"].value for name, row in rows.items() if name != "empty.mp4"} == {1}


def test_jobs_do_not_get_in_each_others_way(service, crowd):
    """Box: No conflicts between concurrent jobs. Four of them are bad; no other one suffers."""
    failures = {n: job["error_code"] for n, job in crowd.jobs.items() if job["status"] == "failed"}
    results = [job["processed_blob_name"] for job in crowd.jobs.values() if job["output_url"]]

    assert failures == accepted.BAD
    assert len(results) == len(set(results)) == len(crowd.sources) - len(accepted.BAD)
    stored = {each.name: each.metadata["job"] for each in service.outputs()}
    owners = Counter(stored[name] for name in results)
    assert set(owners.values()) == {1}


def test_every_job_can_be_asked_for(service, crowd):
    """Box: Status queries work for all jobs."""
    for name, job in crowd.jobs.items():
        answer = service.ask_status(name)

        assert answer.status == 200, name
        assert answer.json["blob_name"] == name
        assert answer.json["status"] == job["status"]


@pytest.mark.parametrize("name", accepted.TWINS)
def test_a_picture_and_its_namesake_of_another_format_both_survive(service, crowd, name, tmp_path):
    result = service.download(crowd.jobs[name], tmp_path)

    assert accepted.width_px(result) == accepted.width_px(crowd.sources[name])
