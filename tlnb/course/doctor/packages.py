"""Whether Python and the installed packages are those that tlnb was made for, and what could be added."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, metadata

from tlnb._version import __version__
from tlnb.course.doctor.finding import Finding, broken, good, warning
from tlnb.course.doctor.requirements import TLNB, Unmet, installed, of_extra, requirements, walk

_NO_METADATA = "tlnb is used without being installed, so nothing says what it needs"
_INSTALL = 'pip install "tlnb[course]", or in its folder: pip install -e ".[course]"'

# What each extra is for. The first two are the course; without the others everything else works.
COURSE_EXTRAS = {"data": "images and weights of the lessons", "lab": "opening and running lessons"}
FURTHER_EXTRAS = {
    "energy": "joules in run.cost",
    "online": "online data sets that come as HDF5",
    "onnx": 'run.export("onnx")',
}
_SHOWN = 4  # conflicts on one line; where everything is wrong, the first few say so


def check_python() -> Finding:
    """Say whether this Python is one that tlnb supports, by what its metadata says."""
    from packaging.specifiers import SpecifierSet

    running = platform.python_version()
    try:
        about = metadata(TLNB)
    except PackageNotFoundError:
        return warning("Python", f"{running}; {_NO_METADATA}", _INSTALL)
    wanted = about["Requires-Python"] or ""
    classifiers = about.get_all("Classifier") or []
    tested = [found[1] for text in classifiers if (found := re.search(r"Python :: (3\.\d+)$", text))]
    tested.sort(key=lambda version: int(version.partition(".")[2]))
    bounds = f"{tested[0]} to {tested[-1]}" if tested else wanted
    if not SpecifierSet(wanted).contains(running, prereleases=True):
        return broken("Python", f"{running}, but tlnb {__version__} needs {wanted}", f"install Python {bounds}")
    if tested and running.rpartition(".")[0] not in tested:
        return warning("Python", f"{running}, with which tlnb is not tested", f"if it fails, use Python {bounds}")
    return good("Python", f"{running} (tlnb {__version__} supports {bounds})")


def check_packages() -> Finding:
    """Say whether the installed packages fit tlnb and each other."""
    if installed(TLNB) is None:
        return warning("packages", _NO_METADATA, _INSTALL)
    extras = [need for extra in (*COURSE_EXTRAS, *FURTHER_EXTRAS) for need in of_extra(extra) if installed(need.name)]
    unmet, count = walk((TLNB, need) for need in [*requirements(TLNB), *extras])
    if not unmet:
        return good("packages", f"{count} packages have the versions that tlnb and they themselves ask for")
    serious = [one for one in unmet if _is_serious(one)]
    shown = serious or unmet
    state = broken if serious else warning
    return state("packages", _listed(shown), _pip_install(shown))


def check_course_extra() -> Finding:
    """Say whether all is here that the lessons need."""
    what = "lessons' packages"
    if installed(TLNB) is None:
        return warning(what, _NO_METADATA, _INSTALL)
    missing = {extra: _missing(extra) for extra in COURSE_EXTRAS}
    lacking = [extra for extra, names in missing.items() if names]
    if not lacking:
        return good(what, f"all here, for {' and for '.join(COURSE_EXTRAS.values())}")
    says = "; ".join(f"for {COURSE_EXTRAS[extra]}: {', '.join(missing[extra])}" for extra in lacking)
    extra = "course" if len(lacking) == len(COURSE_EXTRAS) else lacking[0]
    return warning(what, f"missing {says}", f'pip install "tlnb[{extra}]"')


def check_further_extras() -> Finding:
    """Say which of the packages are not here that few need."""
    what = "optional packages"
    if installed(TLNB) is None:
        return warning(what, _NO_METADATA, _INSTALL)
    missing = {extra: names for extra in FURTHER_EXTRAS if (names := _missing(extra))}
    if not missing:
        return good(what, f"all here, for {', '.join(FURTHER_EXTRAS.values())}")
    says = "; ".join(f"{', '.join(names)} for {FURTHER_EXTRAS[extra]}" for extra, names in missing.items())
    return good(what, f"not here: {says}", f'if you want that: pip install "tlnb[{",".join(missing)}]"')


def _missing(extra: str) -> list[str]:
    return [need.name for need in of_extra(extra) if installed(need.name) is None]


def _is_serious(unmet: Unmet) -> bool:
    """Whether something will fail: what is missing, what tlnb itself needs, a torchvision made for another torch."""
    return unmet.found is None or unmet.by == TLNB or (unmet.by, unmet.name) == ("torchvision", "torch")


def _listed(unmet: Sequence[Unmet]) -> str:
    further = f"; and {len(unmet) - _SHOWN} more" if len(unmet) > _SHOWN else ""
    return "; ".join(str(one) for one in unmet[:_SHOWN]) + further


def _pip_install(unmet: Sequence[Unmet]) -> str:
    return f"pip install {' '.join(dict.fromkeys(_quoted(unmet)))}"


def _quoted(unmet: Sequence[Unmet]) -> Iterator[str]:
    for one in unmet:
        yield f'"{one.needs}"' if re.search(r"[<>=!~\[;]", one.needs) else one.needs
