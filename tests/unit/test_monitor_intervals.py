"""Times as operators type them."""

from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zc.async_ import clock
from zc.async_.monitor.intervals import ago
from zc.async_.monitor.intervals import parse_interval
from zc.async_.monitor.intervals import parse_moment
from zc.async_.monitor.intervals import parse_period


NOW = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)
UNITS = {"D": "days", "H": "hours", "M": "minutes", "S": "seconds"}

parts = st.fixed_dictionaries({}, optional=dict.fromkeys(UNITS, st.integers(0, 1000))).filter(bool)


@pytest.fixture(autouse=True)
def stopped_clock():
    clock.set_source(lambda: NOW)
    yield
    clock.set_source(None)


@given(parts, st.booleans())
def test_any_subset_of_units_is_an_interval_in_any_case(given, is_lower):
    text = "".join(f"{given[unit]}{unit}" for unit in UNITS if unit in given)
    expected = timedelta(**{UNITS[unit]: number for unit, number in given.items()})
    assert parse_interval(text.lower() if is_lower else text) == expected


@given(st.text(max_size=12))
def test_anything_else_is_refused_clearly(text):
    try:
        parse_interval(text)
    except ValueError as error:
        assert repr(text) in str(error)
    else:
        assert set(text.upper()) <= set("0123456789DHMS")


@pytest.mark.parametrize("text", ["", "5", "5X", "M5", "30M1H", "1H30", "since1H", " 1H", "-1H", "1.5H"])
def test_what_is_no_interval(text):
    with pytest.raises(ValueError, match="is no interval; write it like 2D, 3H, 10M, 30S, or 1H30M"):
        parse_interval(text)


@pytest.mark.parametrize("text", ["999999999999D", "999999D"])
def test_an_interval_may_be_too_long(text):
    with pytest.raises(ValueError, match="is too long"):
        ago(text)


def test_M27_a_moment_is_an_interval_ago_or_the_key_of_a_poll():
    assert parse_moment("1H30M") == NOW - timedelta(hours=1, minutes=30)
    assert parse_moment("6401230011223344559") == 6401230011223344559
    assert parse_moment(None) is None


@pytest.mark.parametrize(
    ("text", "hours_ago"),
    [("since2H", [1, 0]), ("before2H", [4, 3]), ("before1H,since3H", [2]), ("SINCE3H,Before1H", [2])],
)
def test_a_period_excludes_its_limits(text, hours_ago):
    period = parse_period(text)
    assert [hours for hours in (4, 3, 2, 1, 0) if NOW - timedelta(hours=hours) in period] == hours_ago


def test_what_has_not_happened_is_in_no_period():
    assert None not in parse_period("before0S")


@pytest.mark.parametrize("text", ["", "until1H", "1H", "since1H,", ",before1H"])
def test_what_is_no_period(text):
    with pytest.raises(ValueError, match="is no period; write it like since1H, before10M, or since1H,before10M"):
        parse_period(text)


@pytest.mark.parametrize("text", ["since", "since5", "before1X", "since1H before2H"])
def test_a_period_needs_intervals_with_units(text):
    with pytest.raises(ValueError, match="is no interval"):
        parse_period(text)


@pytest.mark.parametrize("word", ["since", "before"])
def test_a_limit_is_given_once(word):
    with pytest.raises(ValueError) as caught:
        parse_period(f"{word}1H,{word}2H")
    assert str(caught.value) == f'only provide "{word}" once ({word}1H,{word}2H)'
