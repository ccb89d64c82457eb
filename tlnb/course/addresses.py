"""Where the course is found on the internet: its repository, and the places that open a notebook of it with one click.

The repository's address stands in one place, ``[project.urls] Repository`` of pyproject.toml, from which pip takes it
into an installed package. `tools/set_repository.py` changes it, with all that is made from it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from urllib.parse import quote

from tlnb.core.errors import TlnbError
from tlnb.course.lessons import Lesson, lessons_folder

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BRANCH = "main"
LESSONS = "notebooks"  # the folder of the lessons in the repository
COPY = "tlnb-lessons"  # the learner's own, as `tlnb lab` and Binder make it
NOT_YET = "OWNER"  # stands for the owner as long as nobody has said where the repository is
_ADDRESS = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?")


class AddressError(TlnbError, ValueError):
    """An address that is not one of a repository on GitHub."""


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub, and the addresses that are made from it.

    Attributes
    ----------
    owner, name : str
        As GitHub spells them.

    Examples
    --------
    >>> ours = Repository("ada", "tlnb")
    >>> ours.page
    'https://github.com/ada/tlnb'
    >>> ours.colab("notebooks/00_start_here.ipynb")
    'https://colab.research.google.com/github/ada/tlnb/blob/main/notebooks/00_start_here.ipynb'
    >>> ours.binder("tlnb-lessons/00_start_here.ipynb")
    'https://mybinder.org/v2/gh/ada/tlnb/HEAD?urlpath=lab%2Ftree%2Ftlnb-lessons%2F00_start_here.ipynb'
    """

    owner: str
    name: str

    @property
    def page(self) -> str:
        """Its front page."""
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def known(self) -> bool:
        """Whether it is a real one, and no longer a name that holds its place."""
        return self.owner != NOT_YET

    def pip(self, extras: str = "") -> str:
        """Write what pip installs: the package as the repository has it, with extras such as ``"data,controls"``."""
        return f"tlnb{f'[{extras}]' if extras else ''} @ git+{self.page}"

    def colab(self, path: str) -> str:
        """Return the address at which Google Colab opens a notebook of the repository."""
        return f"https://colab.research.google.com/github/{self.owner}/{self.name}/blob/{BRANCH}/{quote(path)}"

    def binder(self, path: str = "") -> str:
        """Return the address at which Binder starts JupyterLab, on a file or a folder if one is given."""
        opened = f"lab/tree/{path}" if path else "lab"
        return f"https://mybinder.org/v2/gh/{self.owner}/{self.name}/HEAD?urlpath={quote(opened, safe='')}"


def read_repository(address: str) -> Repository:
    """Take an address of GitHub apart.

    Raises
    ------
    AddressError
        If it is none.

    Examples
    --------
    >>> read_repository("https://github.com/ada/tlnb.git")
    Repository(owner='ada', name='tlnb')
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise AddressError(f"{address!r} is no repository on GitHub: write it as https://github.com/OWNER/NAME.")
    return Repository(*found.groups())


def our_repository() -> Repository:
    """Return the repository that this package came from: a checkout's pyproject.toml, else what pip noted.

    Raises
    ------
    AddressError
        If neither names one.
    """
    project = Path(__file__).parents[2] / "pyproject.toml"
    if project.is_file():
        about = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
        if about.get("name") == "tlnb":
            return read_repository(about.get("urls", {}).get("Repository", ""))
    try:
        lines = metadata("tlnb").get_all("Project-URL") or []
    except PackageNotFoundError:
        lines = []
    named = dict(line.split(", ", 1) for line in lines)
    return read_repository(named.get("Repository", ""))


def colab_address(lesson: Lesson) -> str | None:
    """Return the address at which Google Colab opens a lesson; None where it cannot be said.

    Parameters
    ----------
    lesson : Lesson
        One of those that came with the package.
    """
    try:
        ours = our_repository()
    except AddressError:
        return None
    return ours.colab(path_in_repository(lesson.path)) if ours.known else None


def path_in_repository(notebook: Path) -> str:
    """Return the path of a lesson's notebook as the repository has it.

    Examples
    --------
    >>> path_in_repository(lessons_folder() / "00_start_here.ipynb")
    'notebooks/00_start_here.ipynb'
    """
    return f"{LESSONS}/{notebook.relative_to(lessons_folder()).as_posix()}"


def nbgitpuller_address(hub: str, repository: str, *, path: str = "", branch: str = BRANCH) -> str:
    """Return a link by which each learner of a JupyterHub gets a repository of notebooks, and it is opened.

    Parameters
    ----------
    hub : str
        The hub's address.
    repository : str
        What git can clone: a teacher's, with the edition of the lessons that is handed out.
    path : str
        What is opened, a file or a folder of the repository.
    branch : str
        Of the repository.

    Examples
    --------
    >>> nbgitpuller_address("https://hub.school.example", "https://github.com/ada/class", path="00_start_here.ipynb")
    'https://hub.school.example/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fada%2Fclass&branch=main\
&urlpath=lab%2Ftree%2Fclass%2F00_start_here.ipynb'
    """
    folder = repository.rstrip("/").rpartition("/")[2].removesuffix(".git")
    opened = "/".join(filter(None, ("lab/tree", folder, path)))
    fields = {"repo": repository, "branch": branch, "urlpath": opened}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{query}"
