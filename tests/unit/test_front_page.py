"""README, CONTRIBUTING and docs: tables are up to date, links lead somewhere, and settings are those of the code."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import typer.main
from PIL import Image

from tlnb.core.syllabus import syllabus
from tlnb.course.lessons import all_lessons

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tools"))
import build_front_page  # noqa: E402

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"(?:\]\(|src=\"|srcset=\")(?!https?://|#|mailto:)([^)\"#\s]+)")
SETTING = re.compile(r"TLNB_[A-Z_]*[A-Z]")
READ = re.compile(r"(?:environ\.get\(|environ\[|getenv\(|_folder\(|in os\.environ\b.*|setenv\()\s*[\"'](TLNB_[A-Z_]+)")
ALL_LINKS = [(page, target) for page in PAGES for target in LINK.findall(page.read_text(encoding="utf-8"))]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_table_of_lessons_is_up_to_date(capsys):
    assert build_front_page.main(["--check"]) == 0, capsys.readouterr().err


def test_a_lesson_more_or_less_makes_the_table_out_of_date():
    lessons = all_lessons()
    page = text("README.md")
    assert build_front_page.filled(page, lessons) == page
    assert build_front_page.filled(page, lessons[:-1]) != page


def test_the_front_page_names_every_lesson_and_links_those_that_are_there():
    page = text("README.md")
    assert all(f"{lesson.id} {lesson.title}" in page for lesson in syllabus())
    for lesson in all_lessons():
        assert f"]({lesson.path.relative_to(ROOT).as_posix()}), {lesson.minutes} min" in page


def test_the_front_page_is_short():
    assert len(text("README.md").splitlines()) <= 150


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_is_there_and_light(theme):
    path = ROOT / "docs" / "pictures" / f"steering-{theme}.webp"
    assert path.stat().st_size < 300_000
    with Image.open(path) as picture:
        assert picture.width >= 2 * 830


@pytest.mark.parametrize(("page", "target"), ALL_LINKS, ids=lambda part: getattr(part, "name", part))
def test_a_link_leads_somewhere(page, target):
    assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_pages_link_to_each_other():
    assert len(ALL_LINKS) > 20


def test_every_setting_that_the_pages_name_is_read_by_the_code_and_the_reverse():
    told = {name for page in PAGES for name in SETTING.findall(page.read_text(encoding="utf-8"))}
    code = [*(ROOT / "tlnb").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "conftest.py"]
    read = {name for file in code if file != Path(__file__) for name in READ.findall(file.read_text(encoding="utf-8"))}
    assert told == read


def test_every_setting_has_a_line_in_the_table_of_settings():
    _, _, settings = text("docs/commands.md").partition("## Settings")
    told = {name for page in PAGES for name in SETTING.findall(page.read_text(encoding="utf-8"))}
    assert {line.split("`")[1] for line in settings.splitlines() if line.startswith("| `")} == told


def test_every_target_of_make_is_told():
    phony = re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.M)[1].split()
    told = set(re.findall(r"^\| `make ([a-z-]+)` \|", text("docs/commands.md"), re.M))
    assert told == set(phony) - {"help", "lint", "types", "browser", "widgets-check"}


def test_every_command_is_told():
    from tlnb.cli import app

    tree = typer.main.get_command(app)
    page = text("docs/commands.md")
    for name, command in tree.commands.items():
        lines = "\n".join(line for line in page.splitlines() if f"`tlnb {name}" in line)
        assert lines, f"docs/commands.md does not tell of tlnb {name}"
        missing = [below for below in getattr(command, "commands", {}) if not re.search(rf"\b{below}\b", lines)]
        assert not missing, f"docs/commands.md does not tell of tlnb {name} {missing}"


def measured(part):
    """Read the median of each contender from a table of the measurements."""
    _, _, table = text("benchmarks/peers/results/tables.md").partition(f"### {part}")
    rows = re.findall(r"^\| ([a-z-]+) \| ([\d.]+) \|", table.partition("###")[0], re.M)
    return {name: float(median) for name, median in rows}


def told_as(seconds):
    return f"{seconds:.1f}" if seconds < 20 else f"{seconds:.0f}"


@pytest.mark.parametrize(
    ("column", "part"), [(1, "(a) Full"), (2, "(b) 10 epochs"), (3, "(c) 10 epochs of the last stage, seconds")]
)
def test_the_comparison_is_what_was_measured(column, part):
    medians = measured(part)
    names = {
        "tlnb": ["tlnb"],
        "a careful loop by hand": ["loop"],
        "the same, keeping what frozen layers say": ["cached"],
    }
    others = ("Lightning", "fastai", "skorch", "Accelerate")
    names |= {f"{name}, documented; tuned": [f"{name.lower()}-documented", f"{name.lower()}-tuned"] for name in others}
    rows = [[cell.strip(" *") for cell in row.split("|")[1:-1]] for row in text("README.md").splitlines()]
    told = {row[0]: row[column].replace("*", "") for row in rows if row and row[0] in names and row[column]}
    assert told == {
        label: "; ".join(told_as(medians[one]) for one in wanted)
        for label, wanted in names.items()
        if wanted[0] in medians
    }
