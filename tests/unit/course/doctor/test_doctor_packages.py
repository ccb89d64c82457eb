"""Versions are read from metadata, as pip reads them: nothing that is examined is imported."""

from __future__ import annotations

import platform

import pytest

from tlnb.course.doctor.notebooks import check_jupyterlab, check_widgets
from tlnb.course.doctor.packages import check_course_extra, check_further_extras, check_packages, check_python
from tlnb.course.doctor.requirements import installed

EXTRAS = [
    'Requires-Dist: elpv-dataset; extra == "data"',
    'Requires-Dist: papermill>=2.6; extra == "lab"',
    'Requires-Dist: codecarbon>=3.3; extra == "energy"',
    'Requires-Dist: onnx>=1.16; extra == "onnx"',
    'Requires-Dist: onnxscript>=0.1; extra == "onnx"',
]


def supports(*minors, requires=">=3.10"):
    return [
        f"Requires-Python: {requires}",
        "Classifier: Programming Language :: Python :: 3",
        *(f"Classifier: Programming Language :: Python :: 3.{minor}" for minor in minors),
    ]


def test_a_python_that_tlnb_supports_is_good(install):
    here = int(platform.python_version_tuple()[1])
    install("tlnb", "1.0", *supports(here + 1, 9, here))
    found = check_python()
    assert found.state == "good" and found.says.startswith(platform.python_version())
    assert f"3.9 to 3.{here + 1}" in found.says


def test_a_python_that_is_too_old_is_broken(install):
    install("tlnb", "1.0", *supports(98, 99, requires=">=3.98"))
    found = check_python()
    assert found.state == "broken" and "needs >=3.98" in found.says and found.do == "install Python 3.98 to 3.99"


def test_a_python_that_tlnb_is_not_tested_with_is_a_warning(install):
    install("tlnb", "1.0", *supports(6, 7, requires=">=3.6"))
    found = check_python()
    assert found.state == "warning" and "not tested" in found.says and "3.6 to 3.7" in found.do


def test_what_is_installed_here_is_supported():
    assert check_python().state in ("good", "warning") and installed("tlnb")


def test_packages_that_fit_are_good(install_alone):
    install_alone("tlnb", "1.0", "Requires-Dist: one>=1", "Requires-Dist: two[more]; python_version > '3'")
    install_alone("one", "1.5", "Requires-Dist: three")
    install_alone("two", "0.1", "Requires-Dist: three<2; extra == 'more'")
    install_alone("three", "1.0", "Requires-Dist: one")
    found = check_packages()
    assert (found.state, found.says) == (
        "good",
        "3 packages have the versions that tlnb and they themselves ask for",
    )


def test_a_version_that_tlnb_cannot_use_is_broken_with_the_pip_line(install):
    install("timm", "0.9.0")
    found = check_packages()
    assert found.state == "broken" and "tlnb needs timm>=1.0.11, timm 0.9.0 is here" in found.says
    assert '"timm>=1.0.11"' in found.do and found.do.startswith("pip install ")


def test_a_package_that_is_missing_is_broken(install_alone):
    install_alone("tlnb", "1.0", "Requires-Dist: tqdm>=4.66", "Requires-Dist: scipy")
    found = check_packages()
    assert found.state == "broken" and "tlnb needs scipy, scipy is missing" in found.says
    assert found.do == 'pip install "tqdm>=4.66" scipy'


def test_what_a_broken_removal_left_counts_as_missing(install):
    install("tqdm", None)
    found = check_packages()
    assert found.state == "broken" and "tqdm is missing" in found.says


def test_a_package_that_another_one_misses_is_broken_however_deep(install_alone):
    install_alone("tlnb", "1.0", "Requires-Dist: one")
    install_alone("one", "1.0", "Requires-Dist: two")
    install_alone("two", "1.0", "Requires-Dist: three")
    found = check_packages()
    assert found.state == "broken" and "two needs three, three is missing" in found.says


def test_two_packages_that_do_not_fit_each_other_are_a_warning(install_alone):
    install_alone("tlnb", "1.0", "Requires-Dist: numpy", "Requires-Dist: other")
    install_alone("other", "1.0", "Requires-Dist: numpy<2")
    install_alone("numpy", "2.4")
    found = check_packages()
    assert found.state == "warning" and "other needs numpy<2, numpy 2.4 is here" in found.says
    assert found.do == 'pip install "numpy<2"'


def test_a_torchvision_that_asks_for_another_torch_is_broken(install_alone):
    install_alone("tlnb", "1.0", "Requires-Dist: torch>=2.6", "Requires-Dist: torchvision>=0.21")
    install_alone("torchvision", "0.21.0", "Requires-Dist: torch==2.6.0")
    install_alone("torch", "2.7.0+cpu")
    found = check_packages()
    assert found.state == "broken" and "torchvision needs torch==2.6.0, torch 2.7.0+cpu is here" in found.says


@pytest.mark.parametrize("version", ["2.6.0+cu124", "2.6.0+cpu"])
def test_the_build_of_torch_makes_no_difference_to_its_version(install_alone, version):
    install_alone("tlnb", "1.0", "Requires-Dist: torchvision")
    install_alone("torchvision", "0.21.0", "Requires-Dist: torch (==2.6.0)")
    install_alone("torch", version)
    assert check_packages().state == "good"


def test_a_nightly_build_is_as_new_as_it_says(install_alone):
    install_alone("tlnb", "1.0", "Requires-Dist: torch>=2.6")
    install_alone("torch", "2.12.0.dev20260301+cpu")
    assert check_packages().state == "good"


def test_an_extra_that_is_not_installed_breaks_nothing_but_its_wrong_version_does(install_alone):
    install_alone("tlnb", "1.0", *EXTRAS)
    assert check_packages().state == "good"
    install_alone("papermill", "2.0")
    assert "tlnb needs papermill>=2.6, papermill 2.0 is here" in check_packages().says


def test_what_breaks_something_is_shown_before_what_only_may(install_alone):
    install_alone("tlnb", "1.0", "Requires-Dist: one", "Requires-Dist: other>=2", "Requires-Dist: third")
    install_alone("one", "1.0", "Requires-Dist: third<1")
    install_alone("other", "1.0")
    install_alone("third", "1.0")
    found = check_packages()
    assert (found.state, found.says) == ("broken", "tlnb needs other>=2, other 1.0 is here")


def test_a_package_is_looked_through_again_for_an_extra_that_another_one_asks_for(install_alone):
    install_alone("tlnb", "1.0", "Requires-Dist: one", "Requires-Dist: two")
    install_alone("one", "1.0", "Requires-Dist: three; extra == 'more'")
    install_alone("two", "1.0", "Requires-Dist: one[more]")
    assert "one needs three, three is missing" in check_packages().says


def test_requirements_that_nobody_can_read_are_passed_over(install_alone):
    install_alone("tlnb", "1.0", "Requires-Dist: one", "Requires-Dist: two>=1")
    install_alone("one", "1.0", "Requires-Dist: two (>=1.*")
    install_alone("two", "of last week")
    assert check_packages().state == "good"


def test_of_many_conflicts_the_line_shows_a_few_and_the_pip_line_has_all(install_alone):
    install_alone("tlnb", "1.0", *(f"Requires-Dist: package{number}" for number in range(20)))
    found = check_packages()
    assert "and 16 more" in found.says and "package19" not in found.says and found.do.endswith("package19")


@pytest.mark.parametrize("check", [check_python, check_packages, check_course_extra, check_further_extras])
def test_a_tlnb_that_is_not_installed_is_a_warning(install_alone, check):
    found = check()
    assert found.state == "warning" and "without being installed" in found.says and "pip install" in found.do


@pytest.mark.parametrize(
    ("there", "says", "do"),
    [
        ([], "elpv-dataset", 'pip install "tlnb[course]"'),
        (["elpv-dataset"], "for opening and running lessons: papermill", 'pip install "tlnb[lab]"'),
        (["papermill"], "for images and weights of the lessons: elpv-dataset", 'pip install "tlnb[data]"'),
    ],
)
def test_what_the_lessons_lack_is_a_warning_with_its_pip_line(install_alone, there, says, do):
    install_alone("tlnb", "1.0", *EXTRAS)
    for name in there:
        install_alone(name, "9.0")
    found = check_course_extra()
    assert found.state == "warning" and says in found.says and found.do == do


def test_with_all_that_the_lessons_need_there_is_nothing_to_do(install_alone):
    install_alone("tlnb", "1.0", *EXTRAS)
    install_alone("elpv-dataset", "1.0")
    install_alone("papermill", "2.7")
    assert (check_course_extra().state, check_course_extra().do) == ("good", "")


def test_what_few_need_is_no_warning_and_named_with_its_pip_line(install_alone):
    install_alone("tlnb", "1.0", *EXTRAS)
    install_alone("onnx", "1.20")
    found = check_further_extras()
    assert found.state == "good" and 'onnxscript for run.export("onnx")' in found.says
    assert "codecarbon" in found.says and 'pip install "tlnb[energy,onnx]"' in found.do


def test_a_machine_without_jupyterlab_is_a_warning(install_alone):
    found = check_jupyterlab()
    assert found.state == "warning" and found.do == 'pip install "tlnb[lab]"'


def test_a_jupyterlab_without_a_kernel_is_a_warning(install_alone):
    install_alone("jupyterlab", "4.4")
    assert "ipykernel is missing" in check_jupyterlab().says
    install_alone("ipykernel", "7.0")
    assert (check_jupyterlab().state, check_jupyterlab().says) == ("good", "4.4")


def test_widgets_that_are_missing_are_a_warning(install_alone):
    found = check_widgets()
    assert found.state == "warning" and found.do == "pip install ipywidgets"


def test_anywidget_is_asked_for_where_tlnb_needs_it(install_alone):
    install_alone("tlnb", "1.0", 'Requires-Dist: anywidget>=0.9; extra == "lab"')
    install_alone("ipywidgets", "8.1")
    assert check_widgets().do == "pip install anywidget"
    install_alone("anywidget", "0.9.18")
    assert (check_widgets().state, check_widgets().says) == ("good", "ipywidgets 8.1, anywidget 0.9.18")


def test_widgets_whose_half_in_the_page_is_missing_are_a_warning(monkeypatch, tmp_path):
    paths = pytest.importorskip("jupyter_core.paths")
    pytest.importorskip("jupyterlab")
    folder = tmp_path / "labextensions" / "@jupyter-widgets" / "jupyterlab-manager"
    monkeypatch.setattr(paths, "jupyter_path", lambda name: [str(tmp_path / name)])
    found = check_widgets()
    assert found.state == "warning" and "half in the page" in found.says and "jupyterlab_widgets" in found.do
    folder.mkdir(parents=True)
    (folder / "package.json").write_text("{}")
    assert check_widgets().state == "good"
