"""Whether notebooks open here, and controls show in them."""

from __future__ import annotations

from pathlib import Path

from tlnb.course.doctor.finding import Finding, good, warning
from tlnb.course.doctor.requirements import TLNB, installed, requirements

_INSTALL = 'pip install "tlnb[lab]"'
_ELSEWHERE = "Colab and VS Code show notebooks without it"
_MANAGER = "@jupyter-widgets/jupyterlab-manager"  # ipywidgets' half in the page


def check_jupyterlab() -> Finding:
    """Say whether JupyterLab is here."""
    version = installed("jupyterlab")
    if version is None:
        return warning("JupyterLab", f"it is not installed; {_ELSEWHERE}", _INSTALL)
    if installed("ipykernel") is None:
        return warning("JupyterLab", f"{version}, but ipykernel is missing, which runs the cells", _INSTALL)
    return good("JupyterLab", version)


def check_widgets() -> Finding:
    """Say whether the packages for controls are here, and the half of them that JupyterLab loads into its page."""
    needed = ["ipywidgets"] + [need.name for need in requirements(TLNB, ["lab"]) if need.name == "anywidget"]
    versions = {name: installed(name) for name in dict.fromkeys([*needed, "anywidget"])}
    missing = [name for name in needed if versions[name] is None]
    if missing:
        says = f"missing: {', '.join(missing)}; controls then show as pictures"
        return warning("widgets", says, f"pip install {' '.join(missing)}")
    says = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    if installed("jupyterlab") and not _in_the_page(_MANAGER):
        return warning(
            "widgets",
            f"{says}, but JupyterLab lacks their half in the page: controls would not show",
            "pip install --force-reinstall jupyterlab_widgets, then start JupyterLab anew",
        )
    return good("widgets", says)


def _in_the_page(extension: str) -> bool:
    """Whether JupyterLab, as this Python would start it, finds an extension."""
    from jupyter_core.paths import jupyter_path

    return any((Path(folder) / extension / "package.json").is_file() for folder in jupyter_path("labextensions"))
