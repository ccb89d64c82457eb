"""The folders that tlnb writes into: whether it can, and that looking leaves nothing behind."""

from __future__ import annotations

import os

import pytest

from tlnb.core.journal import journal_path, note_attempt
from tlnb.course.doctor.folders import check_cache, check_progress

ONLY_USERS = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="who may do everything may write anywhere"
)


def test_a_cache_that_can_be_written_is_good_with_its_limit(fresh_cache, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "5GB")
    found = check_cache()
    assert (found.state, found.says) == ("good", f"{fresh_cache}, up to 5.0 GB of arrays")
    assert not fresh_cache.exists()


def test_a_cache_without_limit_says_so(fresh_cache, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "none")
    assert "with no limit" in check_cache().says


def test_a_cache_that_cannot_be_made_is_a_warning(file_in_the_way, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE", str(file_in_the_way))
    found = check_cache()
    assert found.state == "warning" and str(file_in_the_way) in found.says and "TLNB_CACHE" in found.do


@ONLY_USERS
def test_a_cache_that_may_only_be_read_is_a_warning(fresh_cache):
    fresh_cache.mkdir(mode=0o500)
    assert check_cache().state == "warning"


def test_a_limit_that_is_none_is_a_warning_with_what_was_written(fresh_cache, monkeypatch):
    monkeypatch.setenv("TLNB_CACHE_LIMIT", "five")
    found = check_cache()
    assert found.state == "warning" and "'five' is no number of bytes" in found.says


def test_a_shared_cache_that_is_not_there_is_a_warning(fresh_cache, monkeypatch, tmp_path):
    monkeypatch.setenv("TLNB_SHARED_CACHE", str(tmp_path / "nowhere"))
    found = check_cache()
    assert found.state == "warning" and str(tmp_path / "nowhere") in found.says and "TLNB_SHARED_CACHE" in found.do


def test_a_shared_cache_that_is_there_is_named(fresh_cache, monkeypatch, tmp_path):
    monkeypatch.setenv("TLNB_SHARED_CACHE", str(tmp_path))
    assert check_cache().state == "good" and check_cache().says.endswith(f"the shared one, {tmp_path}")


def test_before_anything_is_done_progress_is_good_and_looking_makes_no_folder(home):
    found = check_progress()
    assert (found.state, found.says) == ("good", f"{journal_path()}, nothing recorded yet") and not home.exists()


def test_progress_says_how_much_is_passed():
    note_attempt("3.1.a", True)
    note_attempt("3.1.b", False)
    assert check_progress().says.endswith("exercises passed: 1")


def test_a_home_that_cannot_be_made_is_broken(file_in_the_way, monkeypatch):
    monkeypatch.setenv("TLNB_HOME", str(file_in_the_way))
    found = check_progress()
    assert found.state == "broken" and "not recorded" in found.says and "TLNB_HOME" in found.do


@ONLY_USERS
def test_a_home_that_may_only_be_read_is_broken(home):
    home.mkdir(mode=0o500)
    assert check_progress().state == "broken"


def test_damaged_progress_is_a_warning_and_stays_where_it_is(home):
    home.mkdir()
    journal_path().write_text("{")
    found = check_progress()
    assert found.state == "warning" and "set aside" in found.says and journal_path().read_text() == "{"


def test_progress_of_a_later_tlnb_is_broken_with_how_to_update(home):
    home.mkdir()
    journal_path().write_text('{"format": 2}')
    found = check_progress()
    assert found.state == "broken" and found.do == "pip install -U tlnb"
