"""Old libraries are noticed before they read a stranger's file."""

from processing import versions


def test_what_is_installed_here_is_new_enough():
    assert versions.outdated_libraries() == []


def test_a_missing_library_is_named_with_what_it_should_be(monkeypatch):
    monkeypatch.setattr(versions, "_OLDEST", {"pillow": (999, 0), "no-such-library": (1, 2)})

    missing = versions.outdated_libraries()

    assert missing == ["pillow >= 999.0", "no-such-library >= 1.2"]
