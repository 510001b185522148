"""Where attempts work: in a folder of our own, whatever stands beside it."""

import os
import subprocess
from pathlib import Path

import pytest

from errors import WorkDirError
from worker.work_folder import OWN_FOLDER, remove_abandoned, work_folder


def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / OWN_FOLDER).mkdir(mode=0o777)
    (tmp_path / OWN_FOLDER).chmod(0o777)

    with work_folder(tmp_path, 1) as folder:
        modes = [each.stat().st_mode & 0o777 for each in (folder, folder.parent)]

    assert folder.parent == tmp_path / OWN_FOLDER
    assert modes == [0o700, 0o700]


def test_what_stands_beside_it_is_not_ours(tmp_path: Path) -> None:
    theirs = tmp_path / "job-4711"
    theirs.mkdir()
    with subprocess.Popen(["sleep", "600"], cwd=theirs) as neighbour:
        try:
            with work_folder(tmp_path, 1):
                assert remove_abandoned(tmp_path) == 0
            assert neighbour.poll() is None
        finally:
            neighbour.kill()

    assert theirs.is_dir()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "job-4711").mkdir(parents=True)
    (tmp_path / OWN_FOLDER).symlink_to(elsewhere)

    with pytest.raises(WorkDirError), work_folder(tmp_path, 1):
        pass

    assert remove_abandoned(tmp_path) == 0
    assert [each.name for each in elsewhere.iterdir()] == ["job-4711"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give folders away")
def test_another_users_folder_is_not_used(tmp_path: Path) -> None:
    (tmp_path / OWN_FOLDER / "job-4711").mkdir(parents=True)
    os.chown(tmp_path / OWN_FOLDER, 12345, 12345)

    with pytest.raises(WorkDirError, match="somebody else"), work_folder(tmp_path, 1):
        pass

    assert remove_abandoned(tmp_path) == 0


def test_where_nothing_can_be_written_there_is_no_place_to_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(WorkDirError), work_folder(tmp_path / "file", 1):
        pass


def test_a_fault_of_the_work_itself_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), work_folder(tmp_path, 1):
        raise PermissionError
