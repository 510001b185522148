"""The one declaration of all that may be asked of a job, and its three ways of being written."""

import contextlib
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InvalidOptionError
from option_values import Address, Choice, Flag, Number, Text
from order import METADATA_LIMIT_BYTES, OPTION, OPTIONS, Order

DEFAULT = Order()
LETTERS = st.characters(exclude_categories=("Cc", "Cs"))


def values_of(option):
    match option.values:
        case Choice(words):
            found = st.sampled_from(words)
        case Flag():
            found = st.booleans()
        case Number(least, most):
            found = st.integers(least, most)
        case Address(longest):
            path = st.text("abc/?=&.%~-", max_size=longest - 40)
            found = path.map("https://media.example:8443/hook?{}".format)
        case Text(longest):
            # Blanks at the ends are lost in the headers of HTTP, so that no text has them.
            found = st.text(LETTERS, min_size=1, max_size=longest).filter(lambda t: t == t.strip())
    return found if option.default is not None else st.none() | found


ORDERS = st.builds(Order, **{option.name: values_of(option) for option in OPTIONS})


@given(ORDERS)
def test_an_order_comes_back_from_each_way_of_writing_it(order):
    assert Order.decode(order.encode()) == order
    assert Order.from_json(order.to_json(), DEFAULT) == order
    assert Order.from_metadata(order.to_metadata(), DEFAULT) == order
    form = {n: OPTION[n].values.write(value) for n, value in order.to_json().items()}
    assert Order.from_form(form, DEFAULT) == order


@given(ORDERS)
def test_metadata_is_ascii_and_fits_into_what_storage_accepts(order):
    metadata = order.to_metadata()

    assert all(text.isascii() and text == text.strip() for text in metadata.values())
    assert sum(len(name) + len(text) for name, text in metadata.items()) <= METADATA_LIMIT_BYTES


@given(ORDERS, ORDERS)
def test_what_is_not_asked_is_as_the_default_says(asked, default):
    metadata = {"mp_profile": asked.profile, "mp_priority": "high"}

    order = Order.from_metadata(metadata, default)

    assert order == dataclasses.replace(default, profile=asked.profile, priority="high")


def test_names_of_metadata_are_compared_without_case_and_others_are_left_alone():
    metadata = {"Mp_Profile": "SEED", "MP_KEEP_COPYRIGHT": "True", "owner": "a b", "sha256": "0"}

    order = Order.from_metadata(metadata, DEFAULT)

    assert order == Order(profile="seed", keep_copyright=True)


def test_texts_in_metadata_are_percent_decoded():
    metadata = {"mp_reference": "Kurs%20%E2%82%AC%2F7", "mp_original_name": "50% off.jpg"}

    order = Order.from_metadata(metadata, DEFAULT)

    assert (order.reference, order.original_name) == ("Kurs €/7", "50% off.jpg")


def test_an_empty_field_asks_for_nothing():
    default = Order(image_output="avif", reference="r")

    assert Order.from_form({"image_output": "", "reference": " "}, default) == default
    assert Order.from_json({"image_output": None, "reference": None}, default) == default


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"mp_profle": "seed"}, r"There is no option 'mp_profle'; there are: mp_profile, "),
        ({"mp_profile": "ultra"}, r"mp_profile is 'ultra'; it must be one of seed, balanced, lms"),
        ({"mp_target_quality": "1"}, r"mp_target_quality is '1'; it must be true or false"),
        ({"mp_retention": "0"}, r"mp_retention is '0'; it must be a whole number from 1 to 43200"),
        ({"mp_retention": "1e3"}, r"mp_retention is '1e3'"),
        ({"mp_retention": "²"}, r"mp_retention is '\\xb2'"),
        ({"mp_retention": "9" * 5000}, r"mp_retention is '9{70,80}\.\.\.; it must be"),
        ({"mp_reference": "a%0Ab"}, r"mp_reference is 'a\\nb'; it must be a text of 1 to 256"),
        ({"mp_reference": "a" * 257}, r"mp_reference is "),
        ({"mp_reference": "%FF"}, r"mp_reference is not percent-encoded UTF-8"),
        ({"mp_profile": "seed", "MP_profile": "seed"}, r"mp_profile is given twice"),
        ({"mp_": "seed"}, r"There is no option 'mp_'"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused_by_name(metadata, message):
    with pytest.raises(InvalidOptionError, match=message):
        Order.from_metadata(metadata, DEFAULT)


@pytest.mark.parametrize(
    "document",
    [
        ["profile"],
        "seed",
        None,
        {"retention": "10"},
        {"retention": True},
        {"retention": 1.0},
        {"target_quality": 1},
        {"profile": "SEED"},
        {"profile": ["seed"]},
        {"reference": "\ud800"},
        {"mp_profile": "seed"},
        {"hook": None},
    ],
)
def test_json_is_taken_by_its_types(document):
    with pytest.raises(InvalidOptionError):
        Order.from_json(document, DEFAULT)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"profile":"none"}', "\0"])
def test_a_stored_order_that_cannot_be_read_says_so(text):
    with pytest.raises(InvalidOptionError):
        Order.decode(text)


@given(st.dictionaries(st.text(), st.text()))
def test_any_metadata_is_read_or_refused(metadata):
    asked = {f"mp_{name}": text for name, text in metadata.items()}

    with contextlib.suppress(InvalidOptionError):
        assert isinstance(Order.from_metadata(asked, DEFAULT), Order)


def test_no_order_is_made_of_values_that_are_not_allowed():
    with pytest.raises(InvalidOptionError, match="image_output is 'png'; it must be one of"):
        Order(image_output="png")
