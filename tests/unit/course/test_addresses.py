"""The addresses of the places that open a lesson, and that one line says where the repository is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tlnb.course import addresses
from tlnb.course.addresses import (
    AddressError,
    Repository,
    colab_address,
    nbgitpuller_address,
    our_repository,
    path_in_repository,
    read_repository,
)
from tlnb.course.lessons import all_lessons

ROOT = Path(__file__).parents[3]
OURS = Repository("ada", "tlnb")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """As an installed package, which has no pyproject.toml beside it; return what sets its metadata."""
    monkeypatch.setattr(addresses, "__file__", str(tmp_path / "site-packages" / "tlnb" / "course" / "addresses.py"))

    class Metadata:
        def __init__(self, lines):
            self.lines = lines

        def get_all(self, name):
            return self.lines if name == "Project-URL" else None

    return lambda lines: monkeypatch.setattr(addresses, "metadata", lambda package: Metadata(lines))


def test_a_checkout_says_it_in_pyproject():
    assert f'Repository = "{our_repository().page}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_an_installed_package_says_it_in_its_metadata(installed):
    installed(["Changelog, https://x.example/changes", "Repository, https://github.com/ada/tlnb"])
    assert our_repository() == OURS


@pytest.mark.parametrize("lines", [None, [], ["Homepage, https://github.com/ada/tlnb"]])
def test_metadata_without_it_are_told_and_no_link_is_made_up(installed, lines):
    installed(lines)
    with pytest.raises(AddressError, match=r"https://github\.com/OWNER/NAME"):
        our_repository()
    assert colab_address(all_lessons()[0]) is None


def test_a_package_that_is_not_installed_has_none(installed, monkeypatch):
    def missing(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr(addresses, "metadata", missing)
    with pytest.raises(AddressError):
        our_repository()


def test_as_long_as_the_owner_is_not_known_there_is_no_link_to_click(monkeypatch):
    lesson = all_lessons()[0]
    monkeypatch.setattr(addresses, "our_repository", lambda: Repository(addresses.NOT_YET, "tlnb"))
    assert colab_address(lesson) is None
    monkeypatch.setattr(addresses, "our_repository", lambda: OURS)
    assert colab_address(lesson) == OURS.colab("notebooks/00_start_here.ipynb")


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.id)
def test_colab_opens_a_file_that_the_repository_has(lesson):
    address = urlsplit(OURS.colab(path_in_repository(lesson.path)))
    assert address.netloc == "colab.research.google.com"
    place, _, path = unquote(address.path).partition("/blob/main/")
    assert place == "/github/ada/tlnb" and (ROOT / path).is_file()


def test_binder_opens_jupyterlab():
    assert OURS.binder() == "https://mybinder.org/v2/gh/ada/tlnb/HEAD?urlpath=lab"
    assert parse_qs(urlsplit(OURS.binder("a folder/1.ipynb")).query) == {"urlpath": ["lab/tree/a folder/1.ipynb"]}


def test_nbgitpuller_opens_the_folder_that_git_makes():
    link = nbgitpuller_address("https://hub.example/", "https://git.example/ada/class.git", path="a/1.ipynb")
    assert urlsplit(link).path == "/hub/user-redirect/git-pull"
    assert parse_qs(urlsplit(link).query) == {
        "repo": ["https://git.example/ada/class.git"],
        "branch": ["main"],
        "urlpath": ["lab/tree/class/a/1.ipynb"],
    }


@pytest.mark.parametrize("address", ["", "ada/tlnb", "https://gitlab.com/ada/tlnb", "https://github.com/ada"])
def test_what_is_no_repository_on_github_is_told(address):
    with pytest.raises(AddressError, match="no repository on GitHub"):
        read_repository(address)
