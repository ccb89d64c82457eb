"""The report's ledger: what it says of claims, in words, numbers and drawings."""

from __future__ import annotations

import html as entities
import re
from html.parser import HTMLParser

import pytest
from small_lessons import (
    BASE,
    HIGHER,
    claims_of,
    measured,
    recorded_run,
    stated,
    write_ledger,
    write_lesson,
    write_record,
)

from tlnb.core.syllabus import find_claim
from tlnb.course.code import code_digest
from tlnb.course.ledger_view import ledger_view
from tlnb.course.pages import pictures
from tlnb.course.report import false_verdicts, write_report
from tlnb.course.results import CourseRun, LessonRun
from tlnb.evaluation.claims.cards import ClaimCard
from tlnb.evaluation.claims.plans import plan_digest

WIDE = (0.80, 0.86, 0.78)


@pytest.fixture
def make(tmp_path):
    """Write the report of a run of lesson 3.1 that found these claims."""

    def write(*claims, lesson="3.1", used=None, **changes) -> str:
        write_ledger(tmp_path, lesson, claims, **({"used": used} if used else {}))
        notebook = write_lesson(tmp_path / "lessons", lesson, name=f"{lesson}_small.ipynb")
        about = {
            "status": "done",
            "seconds": 61.0,
            "peak_bytes": 2**30,
            "error": None,
            "when": "2026-02-03T10:11:12+00:00",
            "key": "k",
        }
        run = LessonRun(
            lesson,
            "Freezing",
            notebook=notebook.relative_to(tmp_path).as_posix(),
            profile="quick",
            device="cpu",
            claims=tuple(one["id"] for one in claims),
            **{**about, **changes},
        )
        environment = {"tlnb": "1.0", "device": "cpu", "cores": "2", "torch": "2.6"}
        return write_report(CourseRun(tmp_path, environment, (run,), tmp_path / "records")).read_text()

    write.records = tmp_path / "records"
    write.folder = tmp_path
    return write


def text(html: str) -> str:
    """Return what a reader sees, spaces made one."""
    visible = re.sub(r"<(style|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return entities.unescape(" ".join(re.sub(r"<[^>]+>", " ", visible).split()))


def article(html: str, name: str) -> str:
    return re.search(rf'<article[^>]*id="claim-{re.escape(name)}">.*?</article>', html, re.DOTALL)[0]


def test_a_claim_stands_in_words_with_verdict_effect_interval_unit_and_seeds(make):
    said = text(article(make(measured("3.1.2")), "3.1.2"))
    assert find_claim("3.1.2").says in said
    assert "✓ holds +0.11 [+0.09, +0.13] AUC this run, quick, on cpu, 3 seeds" in said
    assert "AUC: “all layers” is higher than “head only”" in said and "Is it so?" in said


def test_the_record_stands_below_with_what_it_ran_on(make):
    full = measured("3.1.2", HIGHER, BASE, profile="full")
    write_record(make.records, "3.1", recorded_run([full]))
    part = article(make(measured("3.1.2")), "3.1.2")
    assert "✓ holds +0.106 [+0.092, +0.120] AUC record, full, on NVIDIA H100, 5 seeds, stale" in text(part)
    assert part.index("this run, quick") < part.index("record, full")
    assert re.findall(r'<g class="(\w+) (\w+)">', part) == [("run", "holds"), ("record", "holds")]


@pytest.mark.parametrize("changed", ["", "code", "plan"])
def test_a_record_is_marked_stale_with_the_reason(make, changed):
    plan = write_record(make.records, "3.1")
    code = code_digest(write_lesson(make.folder, "3.1"))
    digests = {"code": code, "plan": plan_digest(plan)} | ({changed: "another"} if changed else {})
    write_record(make.records, "3.1", recorded_run([measured("3.1.2", HIGHER, BASE, profile="full")], **digests))
    said = text(make(measured("3.1.2")))
    assert ("Stale record:" in said) == bool(changed)
    assert ("other code than this run" in said, "plan has changed" in said) == (changed == "code", changed == "plan")


def test_the_drawing_says_in_words_what_it_shows_and_spans_zero_and_the_smallest_effect(make):
    part = article(make(measured("3.1.2")), "3.1.2")
    assert 'aria-label="run: ✓ holds +0.11 [+0.09, +0.13]"' in part.replace("holds  +", "holds +")
    zero = float(re.search(r'class="zero" x1="([\d.]+)"', part)[1])
    start, width = map(float, re.search(r'class="band" x="([\d.]+)" y="0" width="([\d.]+)"', part).groups())
    low, high = map(float, re.search(r'<g class="run holds"><line x1="([\d.]+)" x2="([\d.]+)"', part).groups())
    assert start < zero < start + width < low < high <= 300
    assert zero - start == pytest.approx(width / 2, abs=0.2)
    assert (low - zero) / width * 0.02 == pytest.approx(0.085, abs=0.002)


def test_no_verdict_is_told_by_colour_alone(make):
    html = make(measured("3.1.1"), measured("3.1.2", WIDE), measured("3.1.3", BASE[:3], HIGHER[:3]))
    for name, words in (("3.1.1", "✓ holds"), ("3.1.2", "? undecided"), ("3.1.3", "✗ does not hold")):
        assert text(article(html, name)).startswith(words)


def test_the_first_lines_count_verdicts_and_what_has_no_evidence(make):
    write_record(make.records, "4.1", recorded_run([measured("4.1.1", HIGHER, BASE, profile="full")]))
    not_run = stated("3.1.3", "not_run", {"reason": "no network"})
    said = text(make(measured("3.1.1"), measured("3.1.2", WIDE), not_run))
    assert "1 ✓ holds 0 ✗ does not hold 1 ? undecided 0 ✓ demonstrated 0 “ cited 1 – not run" in said
    assert "This run put 2 claims of the syllabus's 163 to the test. 1 more is known from the record" in said
    assert "160 have no evidence yet" in said and "– not run this run, quick, on cpu No network" in said


def test_every_claim_of_the_syllabus_has_its_mark_at_a_glance(make):
    html = make(measured("3.1.1"))
    glance = html[html.index('class="glance"') : html.index('class="legend"')]
    assert len(re.findall('class="mark', glance)) == 163
    assert 'aria-label="3.1.1, holds (this run, quick, on cpu): ' in glance and "no evidence yet" in glance


def test_claims_that_were_not_reached_are_listed_too(make):
    html = make(measured("3.1.1"))
    assert [name for name in claims_of("3.1") if f'id="claim-{name}"' in html] == claims_of("3.1")
    assert text(article(html, "3.1.4")).startswith("· no evidence 3.1.4")


def test_a_contradiction_is_told_in_words_above_all_and_at_the_claim(make):
    write_record(make.records, "3.1", recorded_run([measured("3.1.2", BASE, HIGHER, profile="full")]))
    html = make(measured("3.1.2"), contradictions=("3.1.2",))
    said = text(html)
    assert "✗ 1 claim of this run contradicts its record: 3.1.2 ." in said
    assert said.index("contradicts its record") < said.index("The course at a glance")
    assert "Contradiction: this run says “holds”, the record says “does not hold”." in text(article(html, "3.1.2"))
    assert "contradicts" not in text(make(measured("3.1.2")))


def test_a_claim_of_several_comparisons_lists_each_and_all_raw_scores(make):
    entry = measured("3.1.2")
    other = {**measured("3.1.2", WIDE)["evidence"]["tests"][0], "metric": "accuracy", "unit": "accuracy"}
    entry["evidence"]["tests"].append(other)
    part = article(make(entry), "3.1.2")
    details = [text(one) for one in re.findall("<details>.*?</details>", part, re.DOTALL)]
    assert "accuracy: “all layers” is higher than “head only”: ? undecided" in details[0]
    assert "AUC: “all layers” is higher" in details[0]
    assert "condition seed 0 seed 1 seed 2 all layers 0.91 0.89 0.92 head only 0.8 0.79 0.8" in details[1]
    assert "AUC (this run, quick, on cpu)" in details[1] and "accuracy (this run, quick, on cpu)" in details[1]


def test_sizes_are_told_as_a_share_of_the_baseline(make):
    entry = measured("3.1.2")
    size = {"metric": "seconds", "unit": "of the baseline", "effect": 0.3, "low": 0.25, "high": 0.35}
    entry["evidence"]["tests"][0] |= size
    part = article(make(entry | size), "3.1.2")
    assert "+30 % [+25 %, +35 %] of the baseline's seconds" in text(part) and ">10 %</text>" in part


def test_an_undecided_claim_says_why_where_the_interval_does_not(make):
    said = text(article(make(measured("3.1.2", (0.9, 0.9, 0.9), (0.8, 0.8, 0.8))), "3.1.2"))
    assert "The difference is the same with every seed" in said


def test_computed_and_cited_claims_show_what_they_rest_on(make):
    checked = stated("2.1.1", "demonstrated", {"numbers": {"layers": 50}, "checks": {"the stem is frozen": True}})
    cited = stated("2.1.2", "cited", {"source": "He and others, 2016"})
    html = make(checked, cited, lesson="2.1")
    assert "layers: 50 ✓ the stem is frozen" in text(article(html, "2.1.1"))
    assert "“ cited this run, quick, on cpu He and others, 2016" in text(article(html, "2.1.2"))


def test_what_really_ran_is_listed(make):
    html = make(measured("3.1.2"), used={"model": ["tf_efficientnet_lite0"], "method": ["freezing", "thawing"]})
    assert "What really ran: model tf_efficientnet_lite0; method freezing, thawing." in text(html)


def test_chance_is_told_for_the_claims_judged_and_for_all(make):
    said = text(make(measured("3.1.1"), measured("3.1.2", WIDE), stated("3.1.3", "not_run", {"reason": "x"})))
    assert "This run judged 2 claims by the rule" in said
    assert "at most 0.05 would be said to hold by chance" in said and "at most 4.9 %" in said
    assert "at most 4.1 would be" in said and "at most 98 %" in said


def test_the_number_of_false_verdicts_follows_from_the_rule():
    assert false_verdicts(0) == (0, 0) and false_verdicts(1) == pytest.approx((0.025, 0.025))
    assert false_verdicts(40)[1] == pytest.approx(1 - 0.975**40)


class Parser(HTMLParser):
    """Collects tags that stay open, and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_everything_in_it_is_escaped(make):
    evil = "<script>alert('x')</script> & \"q\""
    entry = measured("3.1.2")
    entry["evidence"]["question"] = evil
    entry["evidence"]["tests"][0] |= {"condition": evil, "reason": evil, "scores": {evil: [1.0], "head only": [2.0]}}
    entry["scores"] = entry["evidence"]["tests"][0]["scores"]
    entry["device"] = evil
    computed = stated("3.1.3", "demonstrated", {"numbers": {evil: evil}, "checks": {evil: True}})
    html = make(entry, computed, used={"model": [evil]}, error=evil, data=evil, status="failed")
    parser = Parser()
    parser.feed(html)
    assert parser.open == [] and "script" not in parser.seen and "<script" not in html


def test_the_page_needs_no_network_and_reads_light_dark_and_on_paper(make):
    html = make(measured("3.1.2"))
    assert not re.search(r"(src|href)=\"https?:|@import|url\(", html)
    assert "prefers-color-scheme: dark" in html and "@media print" in html


def test_a_run_without_claims_has_a_report_as_well(tmp_path):
    environment = {"tlnb": "1.0", "device": "cpu", "cores": "2", "torch": "2.6"}
    said = text(write_report(CourseRun(tmp_path, environment, (), tmp_path / "records")).read_text())
    assert "No lesson has run yet" in said and "163 have no evidence yet" in said and "The ledger" not in said


def test_the_view_holds_every_lesson_of_the_syllabus(tmp_path):
    views = ledger_view(CourseRun(tmp_path, {}, (), tmp_path / "records"))
    assert len(views) == 33 and all(not claim.findings for view in views for claim in view.claims)


def test_claim_cards_are_not_figures_a_second_time(tmp_path):
    import nbformat

    entry = measured("3.1.2")
    data, metadata = ClaimCard(find_claim("3.1.2"), entry, None, {})._repr_mimebundle_()
    card = nbformat.v4.new_output("display_data", {"image/png": "Y2FyZA=="}, metadata=metadata)
    figure = nbformat.v4.new_output("display_data", {"image/png": "ZmlndXJl"}, metadata={"image/png": {"alt": "Up"}})
    cell = nbformat.v4.new_code_cell("1", outputs=[card, figure])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    assert "image/png" in data and [one.alt for one in pictures(tmp_path / "a.ipynb")] == ["Up"]
