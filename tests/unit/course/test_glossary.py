"""Every term is there once, is explained by other words, and lessons define no term that is missing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tlnb.core.syllabus import syllabus
from tlnb.course import glossary as module
from tlnb.course.glossary import Term, find_terms, glossary, term_named

TERMS = glossary()
SOURCES = sorted((Path(__file__).parents[3] / "notebooks").rglob("*.py"))

# What lessons set in bold without defining a term of the subject.
NO_TERMS = {
    "differences",
    "freeze map",
    "in one batched product",
    "nothing",
    "one rate",
    "pixels",
    "start",
    "takes",
    "needs",
    "after this lesson you can",
    "three things",
}
# Names of the syllabus that join several terms, or are worded otherwise than the term.
WORDED = {
    "Inception-ResNet v2": ("Inception",),
    "ResNet-50": ("ResNet",),
    "ResNet-101": ("ResNet",),
    "medical imaging sets (MICCAI challenges, MedMNIST)": ("MedMNIST",),
    "LogME": ("transferability score",),
    "LEEP or NCE": ("transferability score",),
    "cyclical (triangular)": ("cyclical learning rate",),
    "SGDR restarts": ("SGDR",),
    "RandAugment / TrivialAugment": ("RandAugment", "TrivialAugment"),
    "Frechet distance of features": ("Fréchet distance",),
    "label shift and imbalance": ("label shift", "class imbalance"),
    "t-SNE or UMAP": ("t-SNE", "UMAP"),
    "ensemble on feature subsets": ("random subspace method",),
    "LSTM on feature sequences": ("LSTM",),
    "shared backbone with task heads": ("shared backbone",),
    "joint detection and segmentation": ("object detection", "semantic segmentation"),
    "word or sentence embeddings": ("embedding",),
    "backbones of the ResNet, VGG and MobileNet kind": ("ResNet", "VGG", "MobileNet"),
    "weight decay (L2, L2-SP)": ("weight decay", "L2-SP"),
}


def bold_in(path: Path) -> list[str]:
    prose = "\n".join(line[2:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# "))
    return [" ".join(found.split()) for found in re.findall(r"\*\*([^*]+)\*\*", prose)]


def test_terms_are_sorted_in_the_file_as_in_the_glossary():
    in_file = re.findall(r'^term = "(.*)"$', Path(module.__file__).with_suffix(".toml").read_text("utf-8"), re.M)
    assert in_file == [term.term for term in TERMS]
    assert len(TERMS) >= 100


def test_no_name_means_two_terms():
    names = [module._plain(name) for term in TERMS for name in term.names]
    assert sorted(names) == sorted(set(names))


def test_every_lesson_named_exists():
    lessons = {"0.0", *(lesson.id for lesson in syllabus())}
    for term in TERMS:
        assert term.lessons, term.term
        assert set(term.lessons) <= lessons, term.term
        assert list(term.lessons) == sorted(set(term.lessons), key=lambda name: [int(part) for part in name.split(".")])


def test_every_lesson_of_the_syllabus_meets_a_term():
    assert {lesson.id for lesson in syllabus()} <= {name for term in TERMS for name in term.lessons}


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.term)
def test_a_definition_is_short_and_does_not_use_its_own_term(term: Term):
    assert 15 <= len(term.says) <= 300
    assert term.says.endswith(".")
    words = f" {module._plain(term.says)} "
    for name in term.names:
        plain = module._plain(name)
        assert f" {plain} " not in words and f" {plain}s " not in words, f"{term.term} is explained by {name!r}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_a_lesson_sets_in_bold_is_a_term(path: Path):
    sentences = re.compile(r"[.:,]$")
    missing = [
        bold
        for bold in bold_in(path)
        if not sentences.search(bold) and bold.casefold() not in NO_TERMS and not term_named(bold)
    ]
    headings = {"For the score there is nothing to see", "Half of it holds"}
    assert [bold for bold in missing if bold not in headings] == []


def test_every_technique_that_the_syllabus_names_is_a_term():
    for lesson in syllabus():
        for name in lesson.names:
            for wanted in WORDED.get(name, (name,)):
                term = term_named(wanted)
                assert term, f"{lesson.id}: {name}"
                assert lesson.id in term.lessons, f"{term.term} is a name of lesson {lesson.id}"


def test_a_term_is_found_by_any_name_in_any_spelling():
    assert term_named("MAXIMUM-MEAN discrepancy") is term_named("mmd")
    assert term_named("Frechet distance") is term_named("Fréchet distance")
    assert term_named("layer groups") is term_named("layer group")
    assert term_named("cheese") is None


def test_a_search_puts_names_before_definitions():
    found = find_terms("gradient rev")
    assert found[0].term == "gradient reversal layer"
    assert "DANN" in [term.term for term in found[1:]]
    assert find_terms("Head")[0].term == "head"
    assert find_terms("  ") == () and find_terms("qqq") == ()


def test_the_glossary_needs_no_torch():
    code = "import sys; from tlnb.course.glossary import glossary; glossary(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
