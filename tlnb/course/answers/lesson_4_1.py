"""Exercises of lesson 4.1."""

from __future__ import annotations

import math
from typing import Any

from tlnb.course.answering import call_answer, shown
from tlnb.course.checks import Exercise


def _number(value: Any, what: str) -> tuple[float, str | None]:
    """Read a number off an answer; say what is wrong with one that is none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return math.nan, f"{what} your function returns {shown(value)}; a number is asked for."
    return found, None if math.isfinite(found) else f"{what} your function returns {found}."


def _proxy_distance(answer: Any) -> str | None:
    import numpy as np

    domain = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    asked = {
        "Where every guess is right,": (domain, domain.copy(), 2.0),
        "Where three of four are right in each domain,": (domain, np.array([0, 0, 0, 1, 1, 1, 1, 0]), 1.0),
        "Where all of one domain are right and half of the other,": (domain, np.array([0, 0, 1, 1, 1, 1, 1, 1]), 1.0),
    }
    for what, (truth, guess, wanted) in asked.items():
        found, wrong = _number(call_answer(answer, truth, guess).returned, what)
        if wrong:
            return wrong
        if not math.isclose(found, wanted, abs_tol=1e-6):
            return f"{what} your distance is {found:.3g}. Guessing gives 0, and no error at all 2."
    unequal = np.repeat([0, 1], [90, 10])
    found, wrong = _number(call_answer(answer, unequal, np.zeros(100, int)).returned, "For 90 images and 10")
    if wrong:
        return wrong
    if not math.isclose(found, 0, abs_tol=1e-6):
        return (
            f"Ninety images are of one domain and ten of the other. Who always says the first knows nothing, and gets "
            f"{found:.3g} from you: let each domain count one half."
        )
    found, wrong = _number(call_answer(answer, domain, 1 - domain).returned, "Where every guess is wrong,")
    return wrong or (None if found == 0 else f"Where every guess is wrong, yours is {found:.3g}; below 0 is told as 0.")


def _p_value(answer: Any) -> str | None:
    import numpy as np

    null = np.array([0.1, 0.2, 0.3, 0.4])
    asked = {
        "Of what was found to be larger than all of four,": (0.9, null, 1 / 5),
        "Of what was found to be smaller than all of four,": (0.0, null, 1.0),
        "Where two of four are larger than what was found,": (0.25, null, 3 / 5),
        "Where what was found is equal to one of four, and one is larger,": (0.3, null, 3 / 5),
        "Of a result below 0, between those of four,": (-0.15, -null, 2 / 5),
    }
    for what, (found, others, wanted) in asked.items():
        share, wrong = _number(call_answer(answer, found, others.copy()).returned, what)
        if wrong:
            return wrong
        if not 0 <= share <= 1:
            return f"{what} your p-value is {share:.3g}; it is a share, from 0 to 1."
        if share == 0:
            return f"{what} your p-value is 0. What was found is one of the results as well."
        if not math.isclose(share, wanted, abs_tol=1e-6):
            return f"{what} your p-value is {share:.3g}. Count those as large or larger, and what was found with them."
    return None


_PROXY = """def proxy_distance(domain, guess):
    errors = [np.mean(guess[domain == one] != one) for one in (0, 1)]
    return max(0.0, 2 * (1 - 2 * np.mean(errors)))
"""

_P_VALUE = """def p_value(found, null):
    return (np.sum(null >= found) + 1) / (len(null) + 1)
"""

EXERCISES = (
    Exercise(
        "4.1.a",
        _proxy_distance,
        hints=(
            "First one number: the share of wrong guesses among the images of domain 0. Then the same for domain 1.",
            "Their mean is the error. 2 (1 - 2 error) turns it into a distance, and max(0, ...) cuts it off.",
        ),
        solution=_PROXY,
        wrong=(
            _PROXY.replace("max(0.0, 2 * (1 - 2 * np.mean(errors)))", "2 * (1 - 2 * np.mean(errors))"),
            _PROXY.replace("2 * (1 - 2 * np.mean(errors))", "1 - 2 * np.mean(errors)"),
            _PROXY.replace("2 * (1 - 2 * np.mean(errors))", "2 * (1 - np.mean(errors))"),
            "def proxy_distance(domain, guess):\n    return max(0.0, 2 * (1 - 2 * np.mean(domain != guess)))\n",
            "def proxy_distance(domain, guess):\n    return str(guess)\n",
        ),
        setup="import numpy as np",
    ),
    Exercise(
        "4.1.b",
        _p_value,
        hints=(
            "null >= found is an array of True and False; its sum counts the True ones.",
            "What was found is one result more: it counts above the line and below it.",
        ),
        solution=_P_VALUE,
        wrong=(
            _P_VALUE.replace(" + 1", ""),
            _P_VALUE.replace(">=", ">"),
            _P_VALUE.replace(">=", "<="),
            _P_VALUE.replace("null >= found", "np.abs(null) >= abs(found)"),
            "def p_value(found, null):\n    return np.mean(null >= found)\n",
        ),
        setup="import numpy as np",
    ),
)
