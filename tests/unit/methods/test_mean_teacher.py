"""Mean teacher: who averages whom, who sees what, which images count, and what comes of it."""

from __future__ import annotations

import dataclasses
import math
from statistics import fmean

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from resumed import stopped_and_resumed
from shortcut import small_network, with_a_shortcut
from striped import network, stripes
from torch import nn

import tlnb
from tlnb.evaluation import target_scores
from tlnb.methods import MeanTeacher
from tlnb.methods.mean_teacher import imbalance, ramp
from tlnb.training import Recipe, Steering
from tlnb.training.averaging import decay_after
from tlnb.training.method_at_work import ADDED
from tlnb.training.session import Session

VIEWS = (("random_resized_crop", 0.3), ("sensor_noise", 0.3))
RECIPE = Recipe(
    trainable="all", epochs=3, batch_size=24, optimizer="sgd", learning_rate=0.05, augmentation=VIEWS, seed=4
)
ALL = {"threshold": 0.0, "balance": 0.0}


def quiet_fit(model, images, recipe=RECIPE, **options):
    return tlnb.fit(model, images, recipe, progress=False, device="cpu", **options)


@pytest.fixture(scope="module")
def pair():
    return stripes(0, n=120), stripes(1, light=40, n=120)


@pytest.fixture(scope="module")
def plain_network():
    """Return one without batch normalisation or dropout: what it says of an image depends on nothing else."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))


def test_the_teachers_weights_are_the_moving_average_of_the_students(pair):
    source, target = pair
    session = Session(network(), source, RECIPE, "cpu", method=MeanTeacher(target, decay=0.95))
    average = {name: weight.detach().clone() for name, weight in session.model.named_parameters()}
    for event in session.events():
        if event.kind == "step":
            decay = decay_after(event.step, 0.95)
            for name, weight in session.model.named_parameters():
                average[name] = decay * average[name] + (1 - decay) * weight.detach()
    teacher = dict(session.method.module.teacher.named_parameters())
    for name, weight in session.model.named_parameters():
        assert torch.allclose(teacher[name], average[name], atol=1e-6)
        assert not torch.equal(teacher[name], weight)


def test_the_optimiser_leaves_the_teacher_alone_and_no_gradient_reaches_it(pair):
    source, target = pair
    session = Session(network(), source, RECIPE.with_(weight_decay=0.1), "cpu", method=MeanTeacher(target, **ALL))
    trained = {id(one) for group in session.stepper.optimizer.param_groups for one in group["params"]}
    for event in session.events():
        if event.kind == "step":
            assert all(one.grad is None for one in session.method.module.parameters())
    assert trained == {id(one) for one in session.model.parameters()} and ADDED not in session.stepper.rate_groups


def test_its_loss_is_that_of_two_views_by_student_and_teacher(pair, plain_network):
    """The first step's by hand: the teacher is the student still."""
    source, target = pair
    session = Session(plain_network, source, RECIPE, "cpu", method=MeanTeacher(target))
    taken = session.method.images[0]
    with torch.no_grad():
        said, taught = (session.model(taken.batch(0, 24, draw)).softmax(1) for draw in (0, 1))
    between = taught.amax(1).sort().values[11:13].mean()
    settings = {"weight": 2.0, "threshold": float(between), "balance": 0.1}
    counts = taught.amax(1) > between
    assert counts.sum() == 12
    mean = said.mean(0)
    entropy = -0.5 * (mean.log() + (1 - mean).log()).sum() - 2 * math.log(2)
    wanted = ((said - taught).square().mean(1) * counts).sum() / 24 + 0.1 * counts.float().mean() * entropy
    run = quiet_fit(plain_network, source, method=MeanTeacher(target, **settings))
    assert run.method.losses[0] == pytest.approx(2 * float(wanted), rel=1e-4)
    assert float(run.method.module.sure[0]) == pytest.approx(float(counts.float().mean()))


def test_the_views_are_of_the_same_images_and_follow_the_step_alone(pair):
    """Of mirrored or untouched images it is plain which is which."""
    source, target = pair
    flipped, still = (
        Session(network(), source, RECIPE.with_(augmentation=steps), "cpu", method=MeanTeacher(target)).method.images[0]
        for steps in ((("flip", 0.5),), ())
    )
    images = still.batch(3, 16)
    assert flipped.random and not still.random and torch.equal(still.batch(3, 16, 1), images)
    draws = []
    for draw in range(3):
        view = flipped.batch(3, 16, draw)
        turned = [bool(torch.equal(one, image.flip(2))) for one, image in zip(view, images, strict=True)]
        wanted = [image.flip(2) if turn else image for turn, image in zip(turned, images, strict=True)]
        assert torch.equal(view, torch.stack(wanted)) and torch.equal(flipped.batch(3, 16, draw), view)
        draws.append(turned)
    assert draws[0] != draws[1] != draws[2] != draws[0] and torch.equal(flipped.batch(3, 16), flipped.batch(3, 16, 0))


def test_a_recipe_without_augmentation_is_told_of(pair, caplog):
    source, target = pair
    quiet_fit(network(), source, RECIPE.with_(epochs=1, augmentation=(("flip", 0.0),)), method=MeanTeacher(target))
    assert "compares two augmentations of each image, and this recipe has none" in caplog.text
    caplog.clear()
    quiet_fit(network(), source, RECIPE.with_(epochs=1), method=MeanTeacher(target))
    assert "augmentation" not in caplog.text


def test_images_count_from_the_threshold_on(pair, plain_network):
    source, target = pair
    none = quiet_fit(plain_network, source, method=MeanTeacher(target, threshold=1.0))
    plain = quiet_fit(plain_network, source)
    assert not any(none.method.losses) and not none.method.module.sure.any() and none.losses == plain.losses
    every = quiet_fit(plain_network, source, method=MeanTeacher(target, **ALL))
    assert set(every.method.module.sure.tolist()) == {1.0} and every.losses[1:] != plain.losses[1:]


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), min_size=1, max_size=8))
def test_the_balance_is_nothing_where_classes_are_used_alike_and_more_elsewhere(rows):
    chances = torch.tensor(rows, dtype=torch.float64)
    chances = (chances / chances.sum(1, keepdim=True)).requires_grad_()
    assert float(imbalance(chances).detach()) >= -1e-12
    rolled = torch.cat([chances.roll(by, 1) for by in range(3)])
    assert float(imbalance(rolled).detach()) == pytest.approx(0, abs=1e-9)
    assert torch.autograd.gradcheck(imbalance, (chances,))


def test_the_ramp_is_the_papers():
    assert ramp(0.0, 0.0) == 1.0 == ramp(0.5, 0.5) == ramp(0.9, 0.5)
    assert ramp(0.0, 0.5) == pytest.approx(math.exp(-5)) and ramp(0.25, 0.5) == pytest.approx(math.exp(-1.25))


def test_with_a_ramp_up_it_begins_with_the_source(pair, plain_network):
    source, target = pair
    at_once = quiet_fit(plain_network, source, method=MeanTeacher(target, **ALL))
    ramped = quiet_fit(plain_network, source, method=MeanTeacher(target, ramp_up=0.5, **ALL))
    assert ramped.method.losses[0] == pytest.approx(math.exp(-5) * at_once.method.losses[0], rel=1e-4)


def test_the_student_has_the_statistics_of_both_domains_and_the_teacher_those_of_the_target(pair):
    source, target = pair
    recipe = RECIPE.with_(learning_rate=1e-9, epochs=8)
    run = quiet_fit(network(), source, recipe, method=MeanTeacher(target))
    student, teacher = run.model, run.method.module.teacher
    steps = len(run.losses)
    assert int(student[1].num_batches_tracked) == 2 * steps and int(teacher[1].num_batches_tracked) == steps
    with torch.no_grad():  # what the first layer gives of either domain
        taken = Session(network(), target, recipe, "cpu").batches
        theirs = student[0](taken.unchanged(target.train.indices)).mean((0, 2, 3))
        ours = student[0](taken.ready(source.images[source.train.indices])).mean((0, 2, 3))
    distance = (theirs - ours).abs().mean()
    assert (teacher[1].running_mean - theirs).abs().mean() < 0.2 * distance
    assert (student[1].running_mean - theirs).abs().mean() > 0.3 * distance


def test_labels_of_the_target_are_never_read_and_its_other_images_not_used(pair):
    source, target = pair
    unreadable = dataclasses.replace(target)
    object.__setattr__(unreadable, "labels", None)
    pixels = target.images.clone()
    others = torch.cat([target.valid.indices, target.test.indices])
    pixels[others] = 255 - pixels[others]
    changed = tlnb.ImageData.from_tensors(pixels, target.labels, target.classes, test=0.25, valid=0.1)
    runs = [quiet_fit(network(), source, method=MeanTeacher(one, **ALL)) for one in (target, unreadable, changed)]
    for run in runs[1:]:
        assert run.losses == runs[0].losses and run.method.losses == runs[0].method.losses
    assert all(runs[0].method.losses)


@pytest.mark.parametrize("changes", [{}, {"ema_decay": 0.9, "precision": "bf16"}], ids=["plain", "averaged"])
def test_a_training_that_was_stopped_goes_on_with_its_teacher(pair, tmp_path, changes):
    source, target = pair
    recipe = RECIPE.with_(**changes)
    whole = quiet_fit(network(), source, recipe, method=MeanTeacher(target, **ALL))
    rest = stopped_and_resumed(network(), source, recipe, tmp_path, 2, method=MeanTeacher(target, **ALL))
    assert rest.losses == whole.losses and rest.method.losses == whole.method.losses
    both = (one.method.module.state_dict() for one in (rest, whole))
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(*(one.values() for one in both), strict=True))


def test_its_weight_is_steered_and_its_decay(pair, plain_network):
    source, target = pair
    steering = Steering()

    def hear(event):
        if event.kind == "step" and event.step == 2:
            steering.set("weight", 0.0)
            steering.set("decay", 0.9)

    run = quiet_fit(plain_network, source, method=MeanTeacher(target, **ALL), steering=steering, on_event=hear)
    assert all(run.method.losses[:2]) and not any(run.method.losses[2:])
    assert run.method.settings["decay"] == 0.9 and {"mean teacher", "self-ensembling"} <= set(run.used["method"])


def test_the_teacher_is_a_model_as_any_other(pair):
    source, target = pair
    model = tlnb.create_model("resnet10t", source, weights="random")
    run = quiet_fit(model, source, RECIPE.with_(epochs=1), method=MeanTeacher(target))
    teacher = run.method.module.teacher
    assert not any(module.training for module in teacher.modules())
    assert tlnb.model_card(teacher).classes == source.classes and not tlnb.model_card(teacher).new_head
    assert set(target_scores(teacher, target)) == {"accuracy", "auc"}
    further = quiet_fit(teacher, target, RECIPE.with_(epochs=1))
    assert not torch.equal(further.model.conv1[0].weight, teacher.conv1[0].weight)


@pytest.mark.slow
def test_it_reads_a_domain_better_in_which_what_the_source_taught_is_of_no_use():
    scores = {"alone": [], "teacher": []}
    for seed in range(3):
        source, target = with_a_shortcut(seed)
        recipe = RECIPE.with_(epochs=20, batch_size=32, seed=seed)
        alone = quiet_fit(small_network(seed), source, recipe)
        run = quiet_fit(small_network(seed), source, recipe, method=MeanTeacher(target))
        assert run.metrics["accuracy"] > 0.95 < alone.metrics["accuracy"]
        for name, model in (("alone", alone.model), ("teacher", run.method.module.teacher)):
            scores[name].append(target_scores(model, target)["accuracy"].value)
    assert fmean(scores["teacher"]) > fmean(scores["alone"]) + 0.1
