"""The examination goes on, whatever it meets."""

from __future__ import annotations

import pytest

from tlnb.course.doctor import Examination, Finding, examine, findings
from tlnb.course.doctor.examining import guarded

NAMES = ["Python", "packages", "lessons' packages", "optional packages", "JupyterLab", "widgets", "memory", "disk"]
NAMES += ["cache", "progress", "weights", "images", "hub", "torch", "torchvision", "GPU", "cores"]


def test_every_check_gives_one_line_under_its_name(fake_torch):
    fake_torch()
    found = examine(offline=True)
    assert [finding.what for finding in found.findings] == NAMES
    assert all(finding.says and "\n" not in finding.says + finding.do for finding in found.findings)
    assert all(finding.do for finding in found.findings if finding.state != "good")


@pytest.mark.parametrize(
    ("error", "says", "do"),
    [
        (RuntimeError("half\na  page"), "RuntimeError: half a page", "report it"),
        (OSError(), "OSError: no reason given", "report it"),
        (ImportError("numpy.core failed"), "numpy.core failed", "pip install --force-reinstall"),
    ],
)
def test_a_check_that_fails_is_a_broken_line_itself(error, says, do):
    def check():
        raise error

    found = guarded("memory", check)
    assert (found.what, found.state) == ("memory", "broken") and says in found.says and do in found.do


def test_a_page_of_an_error_is_cut():
    def check():
        raise ImportError("word " * 1000)

    assert len(guarded("images", check).says) < 400


def test_checks_that_all_fail_still_give_all_lines(fake_torch, monkeypatch):
    fake_torch("raise ImportError('broken')")

    def fail(*_, **__):
        raise RuntimeError("everything is broken")

    for module, name in [
        ("packages", "installed"),
        ("packages", "metadata"),
        ("notebooks", "installed"),
        ("machine", "memory"),
        ("machine", "nearest"),
        ("folders", "nearest"),
    ]:
        monkeypatch.setattr(f"tlnb.course.doctor.{module}.{name}", fail)
    monkeypatch.setattr("tlnb.core.files.sha256_file", fail)
    monkeypatch.setattr("tlnb.data.catalogue.all_sets", fail)
    monkeypatch.setattr("tlnb.backbones.hub.offline", fail)
    found = list(findings())
    assert [finding.what for finding in found] == NAMES
    assert {finding.what for finding in found if finding.state != "broken"} == {"GPU", "cores"}


def test_a_process_that_cannot_be_started_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    found = {finding.what: finding for finding in findings(offline=True)}
    assert found["torch"].state == "broken" and "no process could be started" in found["torch"].says


def test_warnings_alone_leave_a_machine_sound():
    warned, broken = Finding("hub", "warning", "no answer", "connect"), Finding("disk", "broken", "full", "free some")
    assert Examination((warned,)).sound and not Examination((warned, broken)).sound
    assert "connect" in repr(Examination((warned,))) and "<td" in Examination((broken,))._repr_html_()
