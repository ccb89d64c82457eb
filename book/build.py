"""Gather the pages of the site and make it: ``python -m book.build``, into build/book/html.

``--links`` asks every address outside the site whether it answers, which needs the network; ``--fresh`` begins anew.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from book.api import api_pages
from book.chapters import course_pages, lesson_homes, lesson_path, written
from book.cite import cite_page
from book.lessons import lesson_page
from book.links import Linker, toctree
from book.sources import FRONT, ROOT, guides, project_pages, read_page
from book.terms import glossary_page
from tlnb.core.files import atomic_path


def all_pages() -> tuple[dict[str, str], Linker]:
    """Return every page of the site by its path, and what they link that is no page."""
    lessons = {lesson_path(lesson): name for name, lesson in written().items()}
    linker = Linker({FRONT, *guides(), *project_pages(), *lessons})
    pages = {path: linker.rewrite(read_page(path), path) for path in (*guides(), *project_pages())}
    pages |= {path: linker.rewrite(lesson_page(read_page(path), name), path) for path, name in lessons.items()}
    pages |= course_pages() | api_pages()
    pages["glossary.rst"] = glossary_page(lesson_homes())
    pages["cite.md"] = cite_page()
    pages["index.md"] = linker.rewrite(read_page(FRONT), FRONT) + "\n\n" + _contents(pages)
    return pages, linker


def stage(folder: Path) -> None:
    """Write the pages, and what they link, into a folder for Sphinx; only what changed is written."""
    pages, linker = all_pages()
    files = {name: text.encode() for name, text in pages.items()}
    files |= {name: (ROOT / name).read_bytes() for name in linker.needed}
    files |= {f"extra/{name}": (ROOT / name).read_bytes() for name in linker.raw}
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, content in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(path) as new:
                new.write_bytes(content)


def build(out: Path, builder: str = "html", fresh: bool = False) -> int:
    """Make the site; every warning is an error.

    Parameters
    ----------
    out : Path
        A folder: ``source`` in it holds the pages, ``html`` the site.
    builder : str
        ``"html"``, or ``"linkcheck"``.
    fresh : bool
        Whether to forget what was made before.

    Returns
    -------
    int
        Zero if all is well.
    """
    from sphinx.cmd.build import build_main

    if fresh:
        shutil.rmtree(out, ignore_errors=True)
    stage(out / "source")
    options = ["-b", builder, "-W", "--keep-going", "-q", "-j", "auto", "-c", str(Path(__file__).parent)]
    extra = out / "source" / "extra"
    options += ["-D", f"html_extra_path={extra}"] if extra.is_dir() else []
    return int(build_main([*options, "-d", str(out / "doctrees"), str(out / "source"), str(out / builder)]))


def _contents(pages: dict[str, str]) -> str:
    chapters = sorted(path for path in pages if path.startswith("chapters/"))
    start = lesson_path(written()["0.0"])
    return "\n\n".join(
        [
            toctree(["course", start, *chapters], "Lessons"),
            toctree(guides(), "Guides"),
            toctree(["glossary", "api/index"], "Reference"),
            toctree([*project_pages(), "cite"], "The project"),
        ]
    )


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m book.build", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "book")
    parser.add_argument("--links", action="store_true", help="check the addresses outside the site")
    parser.add_argument("--fresh", action="store_true", help="forget what was made before")
    given = parser.parse_args()
    code = build(given.out, "linkcheck" if given.links else "html", given.fresh)
    if code == 0 and not given.links:
        sys.stdout.write(f"{given.out / 'html' / 'index.html'}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
