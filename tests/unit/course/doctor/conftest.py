"""Machines on which something is not as it should be: packages of other versions, a torch that fails, small limits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import packaging.markers
import packaging.requirements
import packaging.specifiers
import packaging.utils
import packaging.version  # noqa: F401  all of them before a test takes everything off the path
import pytest
from fake_torch import write_torch


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a way to install distributions, as their metadata says, before those that are here."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def write(name: str, version: str | None, *lines: str) -> None:
        about = folder / f"{name.replace('-', '_')}-{version or '0'}.dist-info"
        about.mkdir()
        if version is not None:  # else only remains of it are here
            head = [f"Name: {name}", f"Version: {version}"]
            (about / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", *head, *lines]), encoding="utf-8")

    return write


@pytest.fixture
def install_alone(install: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give the same, on a machine where nothing else is installed."""
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site-packages")])
    return install


@pytest.fixture
def fake_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a way to put a torch in place of the real one, which fails as it is told to."""
    folder = tmp_path / "torches"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return lambda *code, **options: write_torch(folder, *code, **options)


@pytest.fixture
def small_root(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Give a way to make a root folder with some files of proc, sys and dev."""

    def make(files: dict[str, str]) -> Path:
        root = tmp_path / "root"
        for name, text in files.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return root

    return make


@pytest.fixture
def file_in_the_way(tmp_path: Path) -> Path:
    """Give a folder that nobody can make, not even root: a file stands in its place."""
    (tmp_path / "file").write_text("not a folder")
    return tmp_path / "file" / "folder"
