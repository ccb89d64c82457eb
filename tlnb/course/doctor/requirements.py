"""What installed packages say that they need, read from their metadata: nothing of them is imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, requires
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

TLNB = "tlnb"


@dataclass(frozen=True)
class Unmet:
    """A requirement that is not met.

    Attributes
    ----------
    by : str
        Whose it is.
    needs : str
        What is required, as pip takes it: ``"timm>=1.0.11"``.
    found : str or None
        The version that is here; None where there is none.
    name : str
        Of the package that is required.
    """

    by: str
    needs: str
    found: str | None
    name: str

    def __str__(self) -> str:
        here = f"{self.name} {self.found} is here" if self.found else f"{self.name} is missing"
        return f"{self.by} needs {self.needs}, {here}"


def installed(name: str) -> str | None:
    """Return the version of an installed distribution; None where it is not here, or only remains of it are."""
    try:
        return distribution(name).version or None
    except (PackageNotFoundError, KeyError, TypeError):  # the last two: what a broken removal left has no metadata
        return None


def requirements(name: str, extras: Iterable[str] = ()) -> list[Requirement]:
    """List what a distribution requires on this machine, with some of its extras.

    Parameters
    ----------
    name : str
        Of the distribution.
    extras : iterable of str
        Of its extras. What it requires without any is always given.

    Returns
    -------
    list of Requirement
        Empty where it is not installed.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    wanted = {"", *extras}
    found = []
    try:
        texts = requires(name) or []
    except PackageNotFoundError:
        return []
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:  # of an old package: pip itself passes over it
            continue
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in wanted):
            found.append(requirement)
    return found


def of_extra(extra: str) -> list[Requirement]:
    """List what one extra of tlnb requires, beyond what tlnb requires anyway."""
    always = {str(requirement) for requirement in requirements(TLNB)}
    return [requirement for requirement in requirements(TLNB, [extra]) if str(requirement) not in always]


def walk(start: Iterable[tuple[str, Requirement]]) -> tuple[list[Unmet], int]:
    """Look through requirements, and through those of all that they lead to.

    Parameters
    ----------
    start : iterable of (str, Requirement)
        Each with the name of whose it is.

    Returns
    -------
    list of Unmet
        Those that are not met.
    int
        How many packages were looked at.
    """
    from packaging.utils import canonicalize_name

    unmet: list[Unmet] = []
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = list(start)
    for by, requirement in todo:  # grows while it is gone through
        name = canonicalize_name(requirement.name)
        version = installed(name)
        if not _admits(requirement, version):
            unmet.append(Unmet(by, _as_pip_takes_it(requirement), version, requirement.name))
        key = (name, frozenset(requirement.extras))
        if version is not None and key not in seen:
            seen.add(key)
            todo.extend((requirement.name, further) for further in requirements(name, requirement.extras))
    return unmet, len({name for name, _ in seen})


def _admits(requirement: Requirement, version: str | None) -> bool:
    from packaging.version import InvalidVersion, Version

    if version is None:
        return False
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:  # nothing can be said about it
        return True


def _as_pip_takes_it(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"
