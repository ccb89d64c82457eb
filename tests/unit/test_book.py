"""The site has every lesson, every guide and every public name; what it is made of is what the repository says."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from book.api import ERRORS, MODULES, get, home_of, own_members, public_names
from book.build import all_pages
from book.chapters import lesson_path, written
from book.lessons import lesson_page, link_terms
from book.links import Linker
from book.references import documented
from book.sources import ROOT
from tlnb.core.syllabus import syllabus
from tlnb.course.glossary import glossary

FLOORS = [f"tlnb.{name}" for name in ("data", "backbones", "training", "methods", "evaluation", "controls", "course")]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
SPHINX = all(importlib.util.find_spec(name) for name in ("sphinx", "myst_nb", "numpydoc", "sphinx_book_theme"))
LIVE = ("application/vnd.jupyter.widget-view+json", "model not found", "A Jupyter Widget", "Error displaying widget")


@pytest.fixture(scope="module")
def pages():
    return all_pages()[0]


def test_every_notebook_and_every_guide_is_a_page(pages):
    assert {path.relative_to(ROOT).as_posix() for path in NOTEBOOKS} <= set(pages)
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")} <= set(pages)
    assert {"index.md", "course.md", "glossary.rst", "cite.md", "CHANGELOG.md", "CONTRIBUTING.md"} <= set(pages)


def test_every_page_is_in_a_table_of_contents(pages):
    listed = set()
    for name, text in pages.items():
        blocks = re.findall(r"```\{toctree\}\n(.*?)```", text, re.S) + re.findall(r"\.\. toctree::\n(.*)", text, re.S)
        for entry in "\n".join(blocks).split("\n"):
            entry = entry.strip()
            if entry and not entry.startswith(":"):
                listed.add(entry[1:] if entry.startswith("/") else (Path(name).parent / entry).as_posix())
    reached = {name for name in pages if name in listed or name.rsplit(".", 1)[0] in listed}
    assert set(pages) - reached == {"index.md"}


def test_a_lesson_that_is_not_written_yet_is_announced_with_its_claims(pages):
    for lesson in syllabus():
        page = pages[f"chapters/{lesson.folder}.md"]
        assert f"## {lesson.id} {lesson.title}" in page
        assert all(claim.says in page for claim in lesson.claims)
        assert f"{lesson.id} " in pages["course.md"]
        if lesson.id in written():
            assert f"](/{lesson_path(written()[lesson.id])})" in page


@pytest.mark.parametrize("module", ["tlnb", *FLOORS])
def test_every_public_name_has_a_page_and_a_line_in_its_modules_table(pages, module):
    assert module in MODULES
    names = public_names(module)
    told = set(importlib.import_module(module).__all__)
    modules = {name for name in told if isinstance(get(module, name), type(sys))}
    assert {name for name in told if not name.startswith("__")} - modules == set(names)
    for name in names:
        home = home_of(module, name)
        assert f":: {name}\n" in pages[f"api/{home}.rst"], f"{module}.{name}"
        assert f":doc:`{name} </api/{home}>`" in pages[f"api/{module}.rst"]


@pytest.mark.parametrize("module", [*MODULES, ERRORS])
def test_every_public_name_says_what_it_is(module):
    for name in public_names(module):
        value = get(module, name)
        if callable(value):
            first = (value.__doc__ or "").strip().split("\n")[0]
            assert first and not first.startswith(f"{name}("), f"{module}.{name} has no docstring"


def test_a_class_is_documented_with_what_tlnb_wrote_alone():
    assert own_members(get("tlnb.controls", "FreezeMap")) == ["compare", "recipe", "set_states", "thaw"]
    assert "fit" in public_names("tlnb") and "with_" in own_members(get("tlnb", "Recipe"))


def test_a_name_is_found_however_code_writes_it():
    ways = ("tlnb.Recipe", "tlnb.training.Recipe", "tlnb.training.recipe.Recipe", "Recipe")
    homes = {documented().get(way) for way in ways if way in documented()}
    assert homes == {"tlnb.training.Recipe"}
    assert documented()["tlnb.load_data"] == "tlnb.data.load_data"


def test_every_term_is_in_the_glossary_and_leads_to_its_lessons(pages):
    page = pages["glossary.rst"]
    for term in glossary():
        assert f"   {term.term}\n" in page
    assert ":doc:`3.1 </notebooks/03_fine_tuning/01_freezing>`" in page
    assert ":doc:`9.2 </chapters/09_advanced>`" in page


def test_a_term_is_linked_once_and_only_where_the_glossary_has_it_for_that_lesson():
    linked: set[str] = set()
    assert link_terms("the **head** and the **head**", "0.0", linked).count("{term}") == 1
    assert link_terms("the **head**", "0.0", linked) == "the **head**"
    assert link_terms("the **head**, **cheese**", "7.3", set()) == "the **head**, **cheese**"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_keeps_its_pictures_and_loses_what_a_script_would_show(path):
    before = json.loads(path.read_text(encoding="utf-8"))
    name = before["metadata"]["tlnb"]["lesson"]
    after = json.loads(lesson_page(path.read_text(encoding="utf-8"), name))
    assert pictures_of(after) == pictures_of(before) > 0
    assert LIVE[0] not in json.dumps(after)
    hidden = [cell for cell in after["cells"] if cell["metadata"].get("jupyter", {}).get("source_hidden")]
    assert hidden and all("hide-input" in cell["metadata"]["tags"] for cell in hidden)


def pictures_of(notebook: dict) -> int:
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("name", ["api", "lessons", "links"])
def test_the_examples_of_the_sites_scripts_run(name):
    done = doctest.testmod(importlib.import_module(f"book.{name}"))
    assert done.failed == 0 < done.attempted


def test_links_lead_to_pages_downloads_or_the_front_page():
    linker = Linker({"README.md", "docs/controls.md", "benchmarks/README.md"})
    links = "[a](../README.md#start) [b](controls.md) [c](../LICENSE) [d](../benchmarks) [e](https://x.org)"
    text = f"{links} `[f](../LICENSE)`"
    assert linker.rewrite(text, "docs/training.md") == (
        "[a](../index.md#start) [b](controls.md) [c](../LICENSE) [d](../benchmarks/README.md) [e](https://x.org) "
        "`[f](../LICENSE)`"
    )
    assert linker.needed == {"LICENSE"}
    raw = linker.rewrite('<a href="docs/controls.md"><img src="docs/gallery/elpv.webp"></a>', "README.md")
    assert raw == '<a href="docs/controls.html"><img src="docs/gallery/elpv.webp"></a>'
    assert linker.raw == {"docs/gallery/elpv.webp"}


class Page(HTMLParser):
    """What a page of the site links, and the places in it that can be linked."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            if name in ("id", "name") and value:
                self.places.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if not SPHINX:
        pytest.skip('the site needs pip install "tlnb[book]"')
    out = tmp_path_factory.mktemp("book")
    command = [sys.executable, "-m", "book.build", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return (out / "html").resolve()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_link_inside_the_site_leads_somewhere(site):
    parsed = {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    assert len(parsed) > 200
    broken = []
    for path, page in parsed.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link == "#":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not target.exists():
                broken.append(f"{path.relative_to(site)}: {link}")
            elif place and target in parsed and place not in parsed[target].places:
                broken.append(f"{path.relative_to(site)}: no place {link}")
    assert broken == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_nothing_that_the_site_needs_comes_from_elsewhere(site):
    for path in site.rglob("*.html"):
        scripts = re.findall(r'<(?:script|link)[^>]+(?:src|href)="(https?:)?//[^"]+"', path.read_text(encoding="utf-8"))
        assert scripts == [], path


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_lessons_have_their_pictures_and_no_remains_of_widgets(site):
    for path in NOTEBOOKS:
        built = (site / path.relative_to(ROOT).with_suffix(".html")).read_text(encoding="utf-8")
        notebook = json.loads(path.read_text(encoding="utf-8"))
        shown = len(re.findall(r'<img[^>]+src="[^"]*_images/', built))
        cards = sum("image/png" in data and "text/html" in data for data in outputs_of(notebook))
        assert shown == pictures_of(notebook) - cards > 0, path.stem  # a card is shown as HTML, its picture is not
        assert not any(words in built for words in LIVE)
        assert 'href="' in built and "glossary.html#term-" in built


def outputs_of(notebook: dict) -> list[dict]:
    return [output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", [])]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_search_index_knows_lessons_terms_and_names(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for word in ("01_freezing", "glossari", "discrimin", "tlnb.training.Recipe"):
        assert word in index, word
    assert (site / "search.html").exists() and (site / "_static" / "mathjax.js").stat().st_size > 1_000_000
