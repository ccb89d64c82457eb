"""What an install brings: read from the metadata that pip reads."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
JUPYTER = {"ipykernel", "ipython", "ipywidgets", "jupyterlab", "jupytext", "nbconvert", "notebook", "papermill"}


def names(requirements):
    return {re.split(r"[\[<>=!~; ]", requirement)[0].lower() for requirement in requirements}


def test_the_data_extra_leaves_jupyter_as_it_is():
    assert not (names(PROJECT["dependencies"]) | names(EXTRAS["data"])) & JUPYTER


def test_any_torch_from_2_6_on_will_do():
    assert "torch>=2.6" in PROJECT["dependencies"]


@pytest.mark.parametrize("extra", ["core", *EXTRAS])
def test_nothing_is_pinned_or_bound_above(extra):
    requirements = PROJECT["dependencies"] if extra == "core" else EXTRAS[extra]
    assert not [r for r in requirements if re.search(r"==|<|~=", r.split(";")[0])]


def test_the_course_is_data_and_notebook_tools():
    assert EXTRAS["course"] == ["tlnb[data,lab]"] and "jupyterlab" in names(EXTRAS["lab"])
    assert {"elpv-dataset", "scikit-image"} <= names(EXTRAS["data"])
