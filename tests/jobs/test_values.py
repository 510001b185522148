"""The small values: what a result saves, and what tells one upload from another."""

from dataclasses import replace

import pytest

from .samples import FULL, RESULT, UPLOAD


@pytest.mark.parametrize(
    ("before", "after", "ratio"), [(4, 1, 0.25), (3, 1, 0.3333), (7, 7, 1.0), (10**9, 1, 0.0)]
)
def test_the_ratio_of_a_result_is_after_over_before(before: int, after: int, ratio: float) -> None:
    result = replace(RESULT, original_size=before, compressed_size=after)

    assert result.compression_ratio == ratio


def test_two_uploads_of_one_name_are_told_apart_by_their_etag_and_not_by_their_metadata() -> None:
    assert replace(UPLOAD, metadata={"mp_profile": "seed"}) == UPLOAD
    assert replace(UPLOAD, metadata={"mp_profile": "seed"}).version == UPLOAD.version
    assert replace(UPLOAD, etag="0x9").version != UPLOAD.version


def test_an_attempt_that_was_handed_back_does_not_count_against_the_job() -> None:
    assert (FULL.attempts, FULL.handed_back, FULL.attempts_counted) == (4, 1, 3)


def test_an_attempt_whose_lease_stands_counts_as_vanished_once_none_runs() -> None:
    assert (FULL.vanished, FULL.vanished_attempts) == (1, 2)
    assert replace(FULL, lease=None).vanished_attempts == 1


def test_the_upload_of_a_job_is_the_version_that_it_is_about() -> None:
    assert FULL.upload.version == (FULL.blob_name, FULL.upload_etag)
    assert FULL.upload.size_bytes == FULL.file_size
