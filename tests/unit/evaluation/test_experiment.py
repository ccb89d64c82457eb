from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tlnb.core.errors import TlnbError
from tlnb.evaluation import Evidence, Experiment, scored


def outputs(seed=0, n=60, skill=1.0, images=None):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    logits = np.stack([np.zeros(n), skill * (2 * labels - 1) + rng.normal(size=n)], axis=1)
    return SimpleNamespace(indices=np.arange(n) if images is None else images, labels=labels, logits=logits)


def test_every_condition_sees_every_seed_and_all_scores_are_kept():
    seen = []

    def trial(condition, seed):
        seen.append((seed, condition))
        return {"auc": condition / 4 + seed / 16, "seconds": seed + 1.0}

    evidence = Experiment({"one": 1, "two": 2}, trial).run(seeds=3, progress=False)
    assert seen == [(s, c) for s in range(3) for c in (1, 2)]
    assert evidence.scores("auc") == {"one": (0.25, 0.3125, 0.375), "two": (0.5, 0.5625, 0.625)}
    assert evidence.seeds == (0, 1, 2) and evidence.metrics == ("auc", "seconds")
    assert len(evidence.rows()) == 12
    assert {"metric": "auc", "condition": "two", "seed": 1, "score": 0.5625} in evidence.rows()


def test_seeds_can_be_named():
    evidence = Experiment({"a": 0}, lambda _, seed: {"epochs": seed}).run(seeds=[7, 9], progress=False)
    assert evidence.seeds == (7, 9) and evidence.scores("epochs")["a"] == (7.0, 9.0)


def test_the_order_of_conditions_changes_no_difference():
    def trial(condition, seed):
        return {"auc": condition + 0.01 * ((seed * 7) % 3)}

    forward = Experiment({"a": 0.5, "b": 0.7}, trial).run(3, progress=False)
    backward = Experiment({"b": 0.7, "a": 0.5}, trial).run(3, progress=False)
    assert forward.difference("auc", "b", "a") == backward.difference("auc", "b", "a")


def test_a_failing_trial_is_named_in_the_log_and_its_error_is_not_hidden(caplog):
    def trial(condition, seed):
        if seed == 1:
            raise ZeroDivisionError("no images")
        return {"auc": 0.5}

    with pytest.raises(ZeroDivisionError, match="no images"):
        Experiment({"a": 0}, trial).run(3, progress=False)
    assert "'a' failed with seed 1" in caplog.text


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Experiment({}, lambda c, s: {}), "at least one condition"),
        (lambda: Experiment({"a": 0}, lambda c, s: {"auc": 1} if s else {"f1": 1}).run(2), "different metrics"),
        (lambda: Evidence.from_scores({"auc": {"a": [0.1], "b": [0.1, 0.2]}}), "a score for every seed"),
        (lambda: Evidence.from_scores({"auk": {"a": [0.1, 0.2]}}), 'Did you mean "auc"'),
        (lambda: Evidence.from_scores({"auc": {"a": [0.1, 0.2]}}).scores("f1"), "was not measured"),
        (lambda: Evidence.from_scores({"auc": {"full": [0.1, 0.2]}}).interval("auc", "ful"), 'Did you mean "full"'),
    ],
)
def test_what_cannot_be_is_an_error_that_says_why(make, says):
    with pytest.raises(TlnbError, match=says):
        make()


def test_a_score_that_remembers_its_images_is_the_score_of_the_run():
    from tlnb.core.metrics import classification_metrics

    made = outputs()
    score = scored("auc", made)
    assert float(score) == classification_metrics(made.labels, made.logits)["auc"]


@pytest.mark.parametrize("metric", ["auc", "accuracy"])
def test_resampling_finds_the_noise_that_new_test_images_would_bring(metric):
    # The truth, from 300 fresh test sets, against the estimate from one.
    fresh = [
        float(scored(metric, outputs(seed, 200, 0.7))) - float(scored(metric, outputs(1000 + seed, 200, 0.3)))
        for seed in range(300)
    ]
    trial = {
        c: iter([scored(metric, outputs(5 + 1000 * i, 200, skill, np.arange(200)))] * 2)
        for i, (c, skill) in enumerate({"good": 0.7, "poor": 0.3}.items())
    }
    evidence = Experiment({"good": "good", "poor": "poor"}, lambda c, seed: {metric: next(trial[c])}).run(
        2, progress=False
    )
    noise = evidence.noise(metric, "good", "poor")
    assert noise.shared == pytest.approx(np.std(fresh), rel=0.35) and noise.by_seed == ()


def test_with_test_images_of_its_own_each_seed_has_its_own_noise():
    def trial(skill, seed):
        return {"auc": scored("auc", outputs(seed, skill=skill, images=np.arange(60) + 60 * seed))}

    noise = Experiment({"a": 1.0, "b": 0.5}, trial).run(3, progress=False).noise("auc", "a", "b")
    assert len(noise.by_seed) == 3 and noise.shared is None and min(noise.by_seed) > 0


def test_conditions_that_were_tested_on_different_images_do_not_pair():
    def trial(shift, seed):
        return {"auc": scored("auc", outputs(seed, images=np.arange(60) + shift))}

    evidence = Experiment({"a": 0, "b": 1}, trial).run(3, progress=False)
    with pytest.raises(TlnbError, match=r"different images.*resplit"):
        evidence.noise("auc", "a", "b")


def test_scores_without_images_have_no_known_noise():
    evidence = Evidence.from_scores({"auc": {"a": [0.5, 0.6], "b": [0.4, 0.5]}})
    assert evidence.noise("auc", "a", "b").by_seed == ()


def test_a_stopped_run_cannot_be_scored():
    with pytest.raises(TlnbError, match="stopped before its end"):
        scored("auc", None)


def test_evidence_shows_itself_as_a_table_and_as_a_figure():
    evidence = Evidence.from_scores(
        {"auc": {"a": [0.5, 0.6], "b": [0.4, 0.5]}, "distance: stem": {"a": [1, 2], "b": [0, 0]}}
    )
    assert "distance: stem" in repr(evidence).splitlines()[0] and "<table>" in evidence._repr_html_()
    assert evidence.plot("auc", "a is better", chance=0.5).axes[0].get_title("left") == "a is better"


@pytest.mark.parametrize(("metric", "from_below"), [("auc", ["low", "high"]), ("calibration_error", ["high", "low"])])
def test_a_figure_has_the_best_at_its_top(metric, from_below):
    axes = Evidence.from_scores({metric: {"high": [0.5, 0.6], "low": [0.1, 0.2]}}).plot(metric, "").axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == from_below
    assert ("less is better" in axes.get_xlabel()) == (metric == "calibration_error")


def test_two_experiments_with_the_same_seeds_can_be_joined():
    first = Evidence.from_scores({"auc": {"a": [0.5, 0.6]}, "bytes": {"a": [1, 1]}})
    second = Evidence.from_scores({"auc": {"b": [0.7, 0.8]}})
    assert first.join(second).scores("auc") == {"a": (0.5, 0.6), "b": (0.7, 0.8)}
    assert first.join(second).metrics == ("auc",)


@pytest.mark.parametrize("other", [{"auc": {"b": [0.5]}}, {"auc": {"a": [0.5, 0.6]}}, {"f1": {"b": [0.5, 0.6]}}])
def test_what_does_not_pair_is_not_joined(other):
    with pytest.raises(TlnbError, match="joins over the same seeds"):
        Evidence.from_scores({"auc": {"a": [0.5, 0.6]}}).join(Evidence.from_scores(other))


def test_scores_keep_their_images_under_a_new_name():
    evidence = Experiment({"a": 0.5, "b": 1.0}, lambda c, s: {"auc": scored("auc", outputs(s, skill=c))}).run(
        3, progress=False
    )
    picked = evidence.pick("auc", {"strong": ("auc", "b"), "weak": ("auc", "a")})
    assert picked.noise("auc", "strong", "weak") == evidence.noise("auc", "b", "a")
