"""Names that are awkward somewhere on the way: in a path, a URL, a row key or a header."""

import pytest

from harness.samples import accepted


@pytest.mark.parametrize(
    ("name", "result_name"), accepted.ODD_NAMES.items(), ids=lambda each: each[:30]
)
def test_a_name_comes_back_in_the_status_and_leads_to_its_own_result(
    service, crowd, name, result_name, tmp_path
):
    job = crowd.jobs[name]

    result = service.download(job, tmp_path)

    assert job["blob_name"] == name
    assert job["processed_blob_name"] == result_name
    assert name not in service.uploads()
    assert accepted.width_px(result) == accepted.width_px(crowd.sources[name])
