"""Whose a stored blob is: written as metadata, read back, and never taken for another's."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.job import Job
from jobs.lease import Lease
from jobs.marks import Marks
from jobs.naming import LONGEST_BLOB_NAME
from media_facts import MediaFacts
from notes import Note, decode_notes, encode_notes
from order import METADATA_LIMIT_BYTES

from .samples import ALL_NOTES, FULL, NOW

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
BLOB_NAMES = st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=LONGEST_BLOB_NAME
)
MARKS = st.builds(Marks, **{field.name: TEXTS for field in fields(Marks)})
LARGEST_FACTS = MediaFacts(10**6, 10**6, "%" * 40, 1e7 / 3, 1e5 / 3, "%" * 40)
NAMES = {field.name for field in fields(Marks)}


def test_what_is_known_of_the_media_is_read_back() -> None:
    film, photo = MediaFacts(1920, 1080, "hevc", 12.5, 29.97, "aac"), MediaFacts(40, 30, "jpeg")

    marks = Marks.read(Marks.of(FULL, "0" * 64).telling(film, photo).write())

    assert (MediaFacts.decode(marks.before), MediaFacts.decode(marks.after)) == (film, photo)
    assert Marks.of(FULL, "0" * 64).telling(None, None) == Marks.of(FULL, "0" * 64)


@given(MARKS)
def test_marks_are_read_back_as_they_were_written(marks: Marks) -> None:
    assert Marks.read(marks.write()) == marks


@given(BLOB_NAMES, TEXTS, st.lists(st.sampled_from(ALL_NOTES)))
def test_an_attempts_own_marks_are_known_again_whatever_name_and_notes(
    name: str, passthrough: str, notes: list[Note]
) -> None:
    job = replace(FULL, blob_name=name)

    marks = Marks.read(Marks.of(job, "0" * 64, passthrough, notes).write())

    assert marks == Marks(
        *(job.key, job.upload_etag, "one", "0" * 64, job.order.digest),
        *(passthrough, encode_notes(notes)),
    )
    assert marks.is_of_attempt(job)
    assert marks.is_of_upload(job)
    assert marks.is_of_job(job)


@given(BLOB_NAMES)
def test_metadata_is_ascii_none_of_it_is_empty_and_it_fits(name: str) -> None:
    marks = Marks.of(replace(FULL, blob_name=name), "0" * 64, "already_compact", ALL_NOTES)
    marks = marks.telling(LARGEST_FACTS, LARGEST_FACTS)

    metadata = marks.write()

    assert all(text and text.isascii() and text.isprintable() for text in metadata.values())
    assert sum(len(name) + len(text) for name, text in metadata.items()) <= METADATA_LIMIT_BYTES
    assert decode_notes(marks.notes) == ALL_NOTES


def test_what_is_not_there_to_say_is_not_written() -> None:
    written = Marks.of(FULL, "0").write()

    assert written.keys() == {"job", "upload_etag", "attempt", "sha256", "order"}
    assert Marks().write() == {}


@given(MARKS)
def test_names_of_metadata_are_known_in_any_case(marks: Marks) -> None:
    assert Marks.read({name.upper(): text for name, text in marks.write().items()}) == marks


@given(st.dictionaries(TEXTS.filter(lambda name: name.lower() not in NAMES), TEXTS, max_size=4))
def test_somebody_elses_metadata_is_nobodys(metadata: dict[str, str]) -> None:
    marks = Marks.read(metadata)

    assert marks == Marks()
    assert not marks.is_of_job(FULL)
    assert not marks.is_of_upload(FULL)
    assert not marks.is_of_attempt(FULL)


@pytest.mark.parametrize(
    ("job", "of_job", "of_upload", "of_attempt"),
    [
        (FULL, True, True, True),
        (replace(FULL, lease=Lease("two", NOW)), True, True, False),
        (replace(FULL, lease=None), True, True, False),
        (replace(FULL, upload_etag="0x9"), True, False, True),
        (replace(FULL, blob_name="a/film.mov"), False, False, True),
    ],
    ids=["its own", "a later attempt", "no attempt", "a newer upload", "another job"],
)
def test_a_result_is_of_the_job_the_upload_and_the_attempt_that_stored_it(
    job: Job, of_job: bool, of_upload: bool, of_attempt: bool
) -> None:
    marks = Marks.of(FULL, "0")

    assert marks.is_of_job(job) is of_job
    assert marks.is_of_upload(job) is of_upload
    assert marks.is_of_attempt(job) is of_attempt


def test_a_result_is_as_asked_where_the_file_would_become_the_same() -> None:
    marks = Marks.of(FULL, "0")

    assert marks.is_as_asked(replace(FULL, order=replace(FULL.order, reference="other")))
    assert not marks.is_as_asked(replace(FULL, order=replace(FULL.order, image_output="avif")))
    assert not marks.is_as_asked(replace(FULL, upload_etag="0x9"))


@given(MARKS)
def test_a_result_that_is_taken_over_changes_its_attempt_and_nothing_else(marks: Marks) -> None:
    taken = marks.taken_over_by(FULL)

    assert taken == replace(marks, attempt="one")
    assert taken.is_of_attempt(FULL)
