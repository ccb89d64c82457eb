"""All checks, one after the other: whatever is broken, each gives its line, and none ends the examination."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tlnb.core.tables import Table
from tlnb.course.doctor import computing, folders, machine, notebooks, packages, supplies
from tlnb.course.doctor.finding import Finding, broken
from tlnb.course.doctor.trial import trying_torch

_MOST = 300  # letters of an error; numpy's, where it is broken, are a page
_MEND_IMPORT = 'mend what the line on packages says; if that is good: pip install --force-reinstall "tlnb[course]"'


@dataclass(frozen=True, repr=False)
class Examination(Table):
    """What works on this machine, and what to do about what does not."""

    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is broken; warnings do not count."""
        return not any(finding.state == "broken" for finding in self.findings)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return one row a check."""
        rows = [[finding.what, finding.state, finding.says, finding.do] for finding in self.findings]
        return ["what", "state", "found", "what to do"], rows


def examine(offline: bool = False) -> Examination:
    """Examine this machine.

    Parameters
    ----------
    offline : bool
        Whether not to ask if the hub answers.

    Returns
    -------
    Examination
        Shows itself as a table.

    Examples
    --------
    >>> Examination((broken("torch", "it is not installed", "pip install torch torchvision"),)).sound
    False
    """
    return Examination(tuple(findings(offline)))


def findings(offline: bool = False) -> Iterator[Finding]:
    """Examine this machine, and give each finding as soon as it is there.

    Parameters
    ----------
    offline : bool
        Whether not to ask if the hub answers.

    Yields
    ------
    Finding
        What needs torch comes last: it is tried meanwhile, in a process of its own.
    """
    with trying_torch() as trial:
        checks: dict[str, Callable[[], Finding]] = {
            "Python": packages.check_python,
            "packages": packages.check_packages,
            "lessons' packages": packages.check_course_extra,
            "optional packages": packages.check_further_extras,
            "JupyterLab": notebooks.check_jupyterlab,
            "widgets": notebooks.check_widgets,
            "memory": machine.check_memory,
            "disk": machine.check_disk,
            "cache": folders.check_cache,
            "progress": folders.check_progress,
            "weights": supplies.check_weights,
            "images": supplies.check_images,
            "hub": lambda: supplies.check_hub(offline),
            "torch": lambda: computing.check_torch(trial()),
            "torchvision": lambda: computing.check_torchvision(trial()),
            "GPU": lambda: computing.check_gpu(trial()),
            "cores": lambda: computing.check_cores(trial()),
        }
        for what, check in checks.items():
            yield guarded(what, check)


def guarded(what: str, check: Callable[[], Finding]) -> Finding:
    """Run a check; where it fails, that is what it found."""
    try:
        return check()
    except Exception as error:
        says = (
            f"cannot be examined: {type(error).__name__}: {' '.join(str(error).split())[:_MOST] or 'no reason given'}"
        )
        return broken(what, says, _MEND_IMPORT if isinstance(error, ImportError) else "report it, with this line")
