"""The controls of a method: what a hand sets, who follows, what is told; by a page's messages and from Python."""

from __future__ import annotations

import json

import pytest
from monitored import RECIPE, drags, shown
from torch import nn

from tlnb.controls import MethodControls
from tlnb.core.errors import TlnbError
from tlnb.methods import DANN
from tlnb.training import Choice, Number, Settings, Steering, Switch, Weights

TRAINS = RECIPE.with_(trainable="all", schedule="constant", store="off")


class Episodes:
    """A sampler: it has settings, and no training."""

    def __init__(self):
        self.settings = Settings(
            [
                Number("shots", 1, 20, 1, whole=True, while_training=False, says="Examples of each class."),
                Number("rate", 0.001, 1.0, 0.1, log=True),
                Switch("balanced", True),
                Choice("distance", ("euclidean", "cosine"), says="How near two features are."),
                Weights("kernels", ("narrow", "middle", "wide"), (0.5, 0.25, 0.25)),
            ]
        )


def test_the_page_hears_what_is_declared_and_what_is_set():
    page = shown(MethodControls(Episodes()))
    (greeting,) = page.of("settings")
    kinds = [(one["name"], one["kind"], one["label"]) for one in greeting["settings"]]
    assert kinds[0] == ("shots", "number", "shots") and kinds[-1] == ("kernels", "weights", "kernels")
    assert greeting["settings"][0]["while_training"] is False and greeting["when"] == ""
    assert page.state["values"] == {
        "shots": 1,
        "rate": 0.1,
        "balanced": True,
        "distance": "euclidean",
        "kernels": [0.5, 0.25, 0.25],
    }
    assert (
        page.state["says"] == "Episodes: shots 1, rate 0.1, balanced on, distance euclidean, kernels 0.5 : 0.25 : 0.25."
    )
    assert len(json.dumps(page.of("state")[-1])) < 2000


def test_what_the_page_sets_python_reads_and_the_reverse():
    episodes = Episodes()
    page = shown(MethodControls(episodes))
    page.do("set", name="shots", value=5)
    page.do("set", name="kernels", value=[0.2, 0.4, 0.4])
    assert episodes.settings["shots"] == 5 and episodes.settings["kernels"] == (0.2, 0.4, 0.4)
    episodes.settings["balanced"] = False
    assert page.state["values"]["balanced"] is False and page.state["undo"]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("shots", "many", "is not a whole number from 1 to 20"),
        ("kernels", [0.5, 0.5, "x"], "each share"),
        ("shot", 1, "Did you mean"),
    ],
)
def test_what_cannot_be_is_told_and_the_page_shows_what_holds(name, value, says):
    page = shown(MethodControls(Episodes()))
    page.do("set", name=name, value=value)
    assert says in page.of("error")[-1]["text"] and page.state["values"]["shots"] == 1 and not page.state["undo"]


def test_a_drag_is_one_step_back_and_forth():
    episodes = Episodes()
    page = shown(MethodControls(episodes))
    drags(page, "rate", 0.2, 0.3, 0.4)
    page.do("set", name="rate", value=0.4)
    episodes.settings["shots"] = 3
    for _ in range(2):
        page.do("undo")
    assert dict(episodes.settings) == dict(Episodes().settings) and not page.state["undo"]
    page.do("redo")
    assert episodes.settings["rate"] == 0.4 and episodes.settings["shots"] == 1 and page.state["redo"]
    page.do("undo")
    page.do("undo")  # there is none: nothing happens
    assert dict(episodes.settings) == dict(Episodes().settings)


def test_one_is_reset_or_all():
    episodes = Episodes()
    page = shown(MethodControls(episodes))
    episodes.settings.change(shots=7, rate=0.5, balanced=False)
    page.do("reset", name="rate")
    assert (episodes.settings["rate"], episodes.settings["shots"]) == (0.1, 7)
    page.do("reset")
    assert dict(episodes.settings) == dict(Episodes().settings)


def test_it_calls_back_once_for_each_change_that_is_final(caplog):
    episodes, heard = Episodes(), []
    page = shown(MethodControls(episodes, on_change=lambda now: heard.append(now["rate"])))
    drags(page, "rate", 0.2, 0.3)
    for _ in range(2):
        page.do("set", name="rate", value=0.3)
    assert heard == [0.3]
    episodes.settings["rate"] = 0.5
    page.do("undo")
    assert heard == [0.3, 0.5, 0.3]

    def fails(now):
        raise ValueError("no such episode")

    page = shown(MethodControls(episodes, on_change=fails))
    page.do("set", name="shots", value=9)
    assert episodes.settings["shots"] == 9 and "what was to follow failed: no such episode" in page.state["note"]
    assert "failed" in caplog.text


def test_its_code_sets_the_values(target):
    dann, steering = DANN(target), Steering()
    control = MethodControls(dann, steering)
    dann.settings.change(reversal_weight=0.3, schedule=False, hidden=64)
    other, hand = DANN(target), Steering()
    exec(control._code(), {"method": other, "steering": hand})
    assert dict(other.settings) == dict(dann.settings)
    asked = [(event.name, event.value) for event in hand.due(0)]
    assert asked == [("reversal_weight", 0.3), ("schedule", False)]
    assert "steering" not in MethodControls(dann)._code()
    dann.settings.reset()
    exec(control._code(), {"method": other})
    assert dict(other.settings) == dict(DANN(target).settings)


def test_the_picture_shows_every_setting_and_is_legible():
    control = MethodControls(Episodes())
    figure = control._picture()
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"shots", "rate", "kernels", "narrow", "25 %", "off   [on]", "[euclidean]   cosine"} <= set(texts)
    assert all(text.get_fontsize() >= 9 for text in figure.axes[0].texts)
    assert figure.get_size_inches()[0] == 7.0
    assert control._repr_mimebundle_()[0]["image/png"]


def test_words_that_look_like_formulas_are_drawn_as_they_are():
    control = MethodControls(Settings([Choice("price", (r"$\nonsense{", "b$")), Weights("of", ("$_$", "y"))]))
    assert control._picture().png()[1:4] == b"PNG"


def test_what_has_no_settings_or_cannot_be_steered_is_refused(dann, make):
    with pytest.raises(TypeError, match="has nothing to be set"):
        MethodControls(nn.Linear(1, 1))
    with pytest.raises(TypeError, match="cannot be steered"):
        MethodControls(dann, "monitor")
    with pytest.raises(TlnbError, match="has another method, or none: give both the same"):
        MethodControls(dann, make(TRAINS))


def test_words_that_a_method_brings_reach_the_page_as_they_are():
    evil = "<img src=x onerror=alert(1)>"
    settings = Settings([Choice("pick", (evil, "b"), says=evil)])
    page = shown(MethodControls(settings))
    assert (
        page.of("settings")[0]["settings"][0]["options"][0] == evil and page.state["says"] == f"Settings: pick {evil}."
    )
