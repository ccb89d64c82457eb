"""What can be set of a method: checked values, shares of a whole, and who is told of a change."""

from __future__ import annotations

import copy
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlnb.core.errors import SettingError
from tlnb.core.setting_values import Settings
from tlnb.core.settings import Choice, Number, Switch, Weights

KERNELS = Weights("kernels", ("narrow", "middle", "wide"), (0.5, 0.25, 0.25))
DECLARED = (
    Number("weight", 0.0, 2.0, 1.0),
    Number("hidden", 8, 1024, 100, log=True, unit="units", whole=True),
    Switch("schedule", True),
    Choice("distance", ("euclidean", "cosine")),
    KERNELS,
)
shares = st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda found: sum(found) > 1e-6)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("weight", 2.5, "weight=2.5 is not a number from 0 to 2"),
        ("weight", "lots", "weight='lots' is not a number from 0 to 2"),
        ("weight", math.nan, "weight=nan is not a number"),
        ("weight", True, "weight=True is not a number"),
        ("hidden", 9.5, "hidden=9.5 is not a whole number; 10 is the nearest"),
        ("hidden", 2, "hidden=2 is not a whole number from 8 to 1024 units"),
        ("schedule", 1, "schedule=1 is neither True nor False"),
        ("distance", "cosin", "is not one of 'euclidean', 'cosine'.* Did you mean \"cosine\""),
        ("kernels", (0.5, 0.5), "not one share for each of narrow, middle, wide: give 3"),
        ("kernels", (0.5, 0.2, 0.1), r"sum to 0.8, not to 1: \(0.625, 0.25, 0.125\) do"),
        ("kernels", (1.5, -0.5, 0.0), "none is below 0"),
        ("kernels", (0, 0, 0), "sum to 0, not to 1"),
        ("kernels", "abc", "not one share"),
        ("weihgt", 1, "There is no setting 'weihgt': .* Did you mean \"weight\""),
    ],
)
def test_an_error_says_what_would_be_right_and_changes_nothing(name, value, says):
    settings = Settings(DECLARED)
    with pytest.raises(SettingError, match=says):
        settings.change(**{"schedule": False, name: value})
    assert dict(settings) == dict(Settings(DECLARED))


def test_values_are_kept_in_one_form():
    settings = Settings(DECLARED, weight=1, hidden=64.0, kernels={"wide": 0.2, "narrow": 0.3, "middle": 0.5})
    assert settings["kernels"] == (0.3, 0.5, 0.2)
    assert isinstance(settings["weight"], float) and isinstance(settings["hidden"], int)
    settings["kernels"] = [0.333, 0.333, 0.333]  # as typed
    assert sum(settings["kernels"]) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    "declare",
    [
        lambda: Number("weight", 2, 1, 1.5),
        lambda: Number("weight", 0, 1, 0.5, log=True),
        lambda: Number("weight", 0, 1, 3),
        lambda: Number("the weight", 0, 1, 1),
        lambda: Choice("distance", "ab"),
        lambda: Choice("distance", ("a", "a")),
        lambda: Weights("kernels", ("a", "b"), (0.2, 0.2)),
        lambda: Switch("on", 1),
        lambda: Settings([Switch("on", True), Number("on", 0, 1, 1)]),
    ],
)
def test_what_cannot_be_is_not_declared(declare):
    with pytest.raises(SettingError):
        declare()


@given(shares, st.sampled_from(KERNELS.parts), st.floats(0, 1))
def test_a_share_that_moves_leaves_the_others_in_proportion(values, part, to):
    before = KERNELS.check([value / sum(values) for value in values])
    after = KERNELS.moved(before, part, to)
    at = KERNELS.parts.index(part)
    assert sum(after) == pytest.approx(1, abs=1e-9) and after[at] == pytest.approx(to, abs=1e-9)
    (a, b), (c, d) = ([found[i] for i in range(3) if i != at] for found in (before, after))
    assert a * d == pytest.approx(b * c, abs=1e-9)


@given(shares)
def test_shares_that_were_kept_are_kept_as_they_are(values):
    kept = KERNELS.check([value / sum(values) for value in values])
    assert KERNELS.check(kept) == kept == KERNELS.check(list(kept))


def test_a_share_that_cannot_move_there_says_why():
    with pytest.raises(SettingError, match=r"no part 'narow'.*narrow"):
        KERNELS.moved(KERNELS.default, "narow", 0.5)
    with pytest.raises(SettingError, match=r"narrow=1.5 is not a share"):
        KERNELS.moved(KERNELS.default, "narrow", 1.5)
    assert KERNELS.moved((1.0, 0.0, 0.0), "narrow", 0.5) == (0.5, 0.25, 0.25)


def test_whoever_listens_hears_of_changes_alone_and_may_stop_or_go():
    settings, heard = Settings(DECLARED), []

    class Listener:
        def hear(self, now):
            heard.append(("object", now["weight"]))

    listener = Listener()
    settings.observe(listener.hear)
    stop = settings.observe(lambda now: heard.append(("function", now["weight"])))
    settings["weight"] = 0.5
    settings["weight"] = 0.5
    assert heard == [("object", 0.5), ("function", 0.5)]
    stop()
    del listener
    settings.change(weight=0.7, schedule=False)
    settings.reset("weight")
    assert len(heard) == 2 and settings["weight"] == 1.0 and settings["schedule"] is False
    settings.reset()
    assert dict(settings) == dict(Settings(DECLARED))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_has_values_of_its_own(copied):
    settings = Settings(DECLARED, weight=0.5)
    heard = []
    settings.observe(lambda now: heard.append(now))
    other = copied(settings)
    other["weight"] = 0.25
    assert (settings["weight"], other["weight"], heard) == (0.5, 0.25, []) and other.declared == settings.declared
