"""Say where the repository is, once: ``python tools/set_repository.py OWNER/NAME``.

It changes ``[project.urls] Repository`` of pyproject.toml and, in every text file of the repository, each address that
was made from the old one: badges, links to Colab and Binder, what pip installs. Run again, it changes nothing.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tlnb.core.files import atomic_path
from tlnb.course.addresses import AddressError, Repository, read_repository

ROOT = Path(__file__).resolve().parents[1]
KINDS = {".cff", ".css", ".html", ".ipynb", ".j2", ".json", ".md", ".py", ".toml", ".txt", ".yml", ".yaml", ""}
NOT_OURS = ("tests/", "widgets/", "tlnb/controls/static/")  # examples, and what a build makes
_LINE = re.compile(r'^Repository = "(.*)"$', re.MULTILINE)


def read_line(pyproject: Path) -> Repository:
    """Return the repository that pyproject.toml names."""
    found = _LINE.search(pyproject.read_text(encoding="utf-8"))
    if found is None:
        raise AddressError(f'{pyproject} has no line Repository = "https://github.com/OWNER/NAME".')
    return read_repository(found.group(1))


def in_addresses(ours: Repository) -> re.Pattern[str]:
    """Return what finds OWNER/NAME where it is part of an address: on github.com, in Colab, in Binder."""
    place = r"(github\.com/|colab\.research\.google\.com/github/|mybinder\.org/(?:v2|badge)/gh/)"
    quoted = r"(github\.com%2F)"
    owner, name = re.escape(ours.owner), re.escape(ours.name)
    return re.compile(rf"(?:{place}{owner}/|{quoted}{owner}%2F){name}(?![\w-])")


def moved(text: str, old: Repository, new: Repository) -> str:
    """Return a text with every address of the old repository changed."""

    def change(found: re.Match[str]) -> str:
        plain, quoted = found.groups()
        return f"{plain}{new.owner}/{new.name}" if plain else f"{quoted}{new.owner}%2F{new.name}"

    return in_addresses(old).sub(change, text)


def text_files(root: Path) -> Iterator[Path]:
    """Yield the files that may hold an address: those that git knows, or, outside of git, all."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    names = listed.stdout.split("\0")[:-1] if listed.returncode == 0 else []
    for name in names or [path.relative_to(root).as_posix() for path in root.rglob("*")]:
        path = root / name
        if path.suffix in KINDS and not name.startswith(NOT_OURS) and path.is_file() and not path.is_symlink():
            yield path


def set_repository(root: Path, new: Repository) -> list[Path]:
    """Change the address everywhere; return the files that were changed, pyproject.toml last.

    What is stopped halfway goes on when it is called again, since pyproject.toml holds the old one to the end.
    """
    old = read_line(root / "pyproject.toml")
    if old == new:
        return []
    changed = []
    for path in sorted(text_files(root), key=lambda path: path == root / "pyproject.toml"):
        data = path.read_bytes()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        after = moved(text, old, new)
        if after != text:
            mode = path.stat().st_mode
            with atomic_path(path) as temporary:
                temporary.write_bytes(after.encode("utf-8"))
                temporary.chmod(mode)
            changed.append(path)
    return changed


def main() -> int:
    """Change the address; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("repository", metavar="OWNER/NAME", help="on GitHub")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout; by default this one")
    options = parser.parse_args()
    try:
        changed = set_repository(options.root, read_repository(f"https://github.com/{options.repository}"))
    except AddressError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for path in changed:
        sys.stdout.write(f"changed: {path.relative_to(options.root).as_posix()}\n")
    sys.stdout.write(f"{len(changed)} files changed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
