"""The table of steps, what strength means, and what a list of them may not hold."""

from __future__ import annotations

import math
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlnb.core.errors import RecipeError
from tlnb.core.syllabus import syllabus
from tlnb.data.augmentation import AUGMENTATIONS, check_steps


def test_steps_can_be_checked_without_torch():
    code = (
        "import sys; from tlnb.data.augmentation import AUGMENTATIONS, check_steps;"
        "check_steps([('elastic', .5)]); [step.describe(0.5) for step in AUGMENTATIONS.values()];"
        "assert 'torch' not in sys.modules and 'torchvision' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([("flp", 0.5)], 'Did you mean "flip"'),
        ([("color_jitter", 0.5)], 'Did you mean "colour_jitter"'),
        ([(3, 0.5)], "There is no augmentation 3"),
        ([("flip", 1.5)], "strength 1.5; give a number from 0 to 1"),
        ([("flip", -0.1)], "strength -0.1"),
        ([("flip", math.nan)], "strength nan"),
        ([("flip", math.inf)], "strength inf"),
        ([("flip", True)], "strength True"),
        ([("flip", "much")], "strength 'much'"),
        ([("flip", 0.5), ("rotation", 0.1), ("flip", 0.2)], "'flip' is given twice, with strengths 0.5 and 0.2"),
        ("flip", "is not a sequence"),
        (0.5, "is not a sequence"),
        (["flip"], "holds 'flip'; each entry is (name, strength)"),
        ([("flip", 0.5, 1)], "each entry is (name, strength)"),
    ],
)
def test_what_is_wrong_with_a_list_of_steps_is_said(steps, says):
    with pytest.raises(RecipeError) as error:
        check_steps(steps)
    assert says in str(error.value)


@given(st.dictionaries(st.sampled_from(list(AUGMENTATIONS)), st.floats(0, 1)))
def test_a_list_that_was_checked_is_as_it_was_given(steps):
    assert check_steps(list(steps.items())) == tuple(steps.items()) == check_steps(check_steps(steps.items()))


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_strength_is_said_in_units(name):
    step = AUGMENTATIONS[name]
    said = [step.describe(strength) for strength in (0, 0.25, 0.5, 1)]
    assert said[0] == f"{step.title}: off"
    assert len(set(said)) == 4 and all(re.search(r"\d", text) for text in said[1:])
    assert step.summary.endswith(".") and step.summary[0].isupper()


@pytest.mark.parametrize(
    ("name", "argument", "unit"),
    [
        ("rotation", "degrees", 1),
        ("flip", "p", 100),
        ("erasing", "p", 100),
        ("rand_augment", "magnitude", 1),
        ("aug_mix", "severity", 1),
        ("cutmix", "chance", 100),
        ("sensor_noise", "high", 100),
        ("speckle", "high", 100),
        ("elastic", "high", 100),
        ("stain", "most", 100),
        ("jpeg", "low", 1),
        ("intensity", "gain", 100),
        ("blur", "high", 100 / 96),  # in pixels there, over the side here
    ],
)
@pytest.mark.parametrize("strength", [0.2, 0.5, 1.0])
def test_the_number_that_is_said_is_the_number_that_is_used(name, argument, unit, strength):
    step = AUGMENTATIONS[name]
    used = step.call(strength, 96).arguments[argument] * unit
    numbers = [float(number) for number in re.findall(r"\d+\.?\d*", step.reach(strength))]
    assert any(used == pytest.approx(number, abs=0.51 if used > 10 else 0.06) for number in numbers), (used, numbers)


def test_photons_are_those_of_the_noise():
    step = AUGMENTATIONS["poisson_noise"]
    photons = 1 / step.call(1.0, 96).arguments["high"] ** 2
    assert step.describe(1.0) == f"Poisson noise: down to {photons:.0f} photons at white"


def test_the_syllabus_finds_its_augmentations_by_their_titles():
    lesson = next(lesson for lesson in syllabus() if lesson.id == "3.3")
    named = {part for name in lesson.names for part in name.split(" / ")} - {"domain-specific noise"}
    assert named <= {step.title for step in AUGMENTATIONS.values()}
    assert any(step.kind == "domain" and "noise" in step.title for step in AUGMENTATIONS.values())
