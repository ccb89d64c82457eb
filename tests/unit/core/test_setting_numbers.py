"""Where the slider of a number stops: evenly, in few digits, from its first to its last value."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlnb.core.errors import SettingError
from tlnb.core.settings import Number

WEIGHT = Number("weight", 0.0, 1000.0, 1.0, log=True, slider=(0.1, 100.0))


def test_a_logarithmic_slider_reaches_0_and_goes_from_there_in_even_ratios():
    off, *stops = WEIGHT.stops
    assert off == 0.0 and (stops[0], stops[-1]) == (0.1, 100.0) and {1.0, 2.0, 5.0, 10.0, 20.0, 50.0} < set(stops)
    assert stops[30] == pytest.approx(3.2)  # the middle
    ratios = [after / before for before, after in itertools.pairwise(stops)]
    assert min(ratios) > 1.05 and max(ratios) < 1.2


def test_what_lies_beyond_the_slider_is_a_value_too_and_its_error_tells_the_range():
    assert WEIGHT.check(250) == 250.0 and WEIGHT.check(0.001) == 0.001
    with pytest.raises(SettingError, match="weight=1001 is not a number from 0 to 1000"):
        WEIGHT.check(1001)


def test_a_linear_slider_stops_at_round_numbers():
    assert Number("share", 0.05, 1.0, 0.8).stops[:3] == (0.05, 0.06, 0.07)
    assert Number("pull", 0.0, 10.0, 1.0).stops[:4] == (0.0, 0.1, 0.2, 0.3)
    assert Number("shift", -1.0, 1.0, 0.0).stops[49:52] == (-0.02, 0.0, 0.02)
    assert Number("odd", 0.013, 1.0, 0.5).stops[:3] == (0.013, 0.02, 0.03)


def test_whole_numbers_have_a_stop_each_where_they_are_few():
    assert Number("shots", 1, 20, 1, whole=True).stops == tuple(range(1, 21))
    assert Number("rounds", 1, 50, 5, log=True, whole=True).stops[:12] == (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13)
    assert all(isinstance(stop, int) for stop in Number("size", 1, 1000, 7, whole=True).stops)


def test_a_slider_may_have_stops_of_its_own():
    assert Number("decay", 0.9, 0.999, 0.99, slider=(0.9, 0.95, 0.99, 0.999)).stops == (0.9, 0.95, 0.99, 0.999)


@given(
    st.floats(1e-6, 1e3), st.floats(1.5, 1e6), st.floats(0, 1), st.booleans(), st.sampled_from(["from 0", "as it is"])
)
def test_stops_go_up_lie_inside_and_hold_the_default(low, times, share, log, kind):
    last = low * times
    default = min(low + share * (last - low), last)
    number = Number("n", 0.0 if kind == "from 0" else low, last, default, log=log, slider=(low, last))
    stops = number.stops
    assert list(stops) == sorted(set(stops)) and number.low <= stops[0] and stops[-1] == last
    assert default in stops
    assert len(stops) <= (250 if log else 102)
    assert (stops[0] == 0.0) == (log and kind == "from 0")


@pytest.mark.parametrize("slider", [(1.0,), (2.0, 1.0), (1.0, 1.0), (1.0, 2000.0), (-1.0, 1.0), ("a", "b"), (0.0, 1.0)])
def test_a_slider_that_cannot_be_is_not_declared(slider):
    with pytest.raises(SettingError):
        Number("weight", 0.0, 1000.0, 1.0, log=True, slider=slider)


def test_one_has_a_unit_of_its_own_where_it_is_given():
    turns = Number("turns", 1, 20, 1, whole=True, unit="steps", one="step")
    assert [turns.unit_of(value) for value in (1, 2)] == [" step", " steps"]
    assert Number("width", 1, 20, 1, unit="px").unit_of(1) == " px" and WEIGHT.unit_of(1.0) == ""
