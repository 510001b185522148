"""A subscription for each deployment test."""

import pytest

from tests.deployment.stand_in import Azure


@pytest.fixture
def azure(tmp_path):
    return Azure(tmp_path / "azure")
