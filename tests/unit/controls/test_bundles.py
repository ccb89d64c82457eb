"""The built controls: small, whole, and silent towards other hosts."""

from __future__ import annotations

import re

import pytest

from tlnb.controls.bundles import FOLDER, bundle

NAMES = sorted(path.stem for path in FOLDER.glob("*.js"))
CONTROLS = [name for name in NAMES if name != "bootstrap"]
OTHERS = {"http://www.w3.org/2000/svg"}  # a name, not an address that is asked


def test_there_is_a_bundle_for_each_control():
    assert "bootstrap" in NAMES and "freeze_map" in NAMES


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_takes_25_kilobytes_at_most(name):
    assert len(bundle(name).module) <= 25_000


def test_all_controls_together_take_150_kilobytes_at_most():
    assert sum(len(bundle(name).module) for name in NAMES) <= 150_000


def test_what_a_notebook_may_save_of_a_control_is_small():
    assert len(bundle("bootstrap").module) < 2000


@pytest.mark.parametrize("name", NAMES)
def test_no_control_asks_another_host(name):
    text = (bundle(name).module + bundle(name).style).decode()
    assert {*re.findall(r"https?://[^\s\"'`)]+", text)} <= OTHERS
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|@import|sendBeacon", text)


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_is_one_module_that_imports_no_other_file(name):
    text = bundle(name).module.decode()
    assert not re.search(r"\bfrom\s*[\"']|\bimport\s*[\"']", text) and "export" in text


def test_the_key_of_a_bundle_follows_its_content():
    keys = {bundle(name).key for name in NAMES}
    assert len(keys) == len(NAMES) and all(re.fullmatch(r"\w+-[0-9a-f]{12}", key) for key in keys)


def selectors(name):
    """Return the selectors of a control's style sheet, theme included."""
    text = re.sub(r"@(media|container)[^{]*{", "", bundle(name).style.decode())
    return {one.strip() for rule in re.findall(r"([^{}]+){[^{}]*}", text) for one in re.split(r",(?![^(]*\))", rule)}


@pytest.mark.parametrize("name", CONTROLS)
def test_styles_touch_nothing_but_the_controls(name):
    assert selectors(name) and all(".tlnb-" in one for one in selectors(name))


@pytest.mark.parametrize("name", CONTROLS)
def test_a_style_of_one_control_does_not_reach_another(name):
    theme = set.intersection(*(selectors(one) for one in CONTROLS))
    own = f".tlnb-{name.replace('_', '-')}"
    assert theme and [one for one in selectors(name) - theme if not one.startswith(own)] == []
