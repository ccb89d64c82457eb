"""What a method is given: images in parts, features that are stored, images without labels; with every recipe."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from toy_method import RECIPE, Toy, ToyLoss, assert_same, quiet_fit

import tlnb
from tlnb.core.errors import DataError
from tlnb.training.session import Session


class Limited(nn.Module):
    """A small network on a machine where so many images fit at once."""

    def __init__(self, most):
        super().__init__()
        self.most = most
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU())
        self.head = nn.Linear(8, 2)

    def forward(self, images):
        if self.training and len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.head(self.body(images).mean((2, 3)))


class OneMean(Toy):
    """Its loss is a mean over images, without a memory: in parts it is what it is of the whole."""

    def start(self, training):
        made = super().start(training)
        made.register_forward_pre_hook(forgets)
        return made


def forgets(module, _):
    module.calls.fill_(-1)


@pytest.mark.parametrize("most", [5, 8])
def test_parts_give_what_the_whole_batch_gives(images, others, most):
    recipe = RECIPE.with_(optimizer="sgd", batch_size=16)
    whole = quiet_fit(Limited(100), images, recipe, method=OneMean(others))
    run = quiet_fit(Limited(most), images, recipe, method=OneMean(others))
    assert run.losses == pytest.approx(whole.losses, rel=1e-4)
    assert run.method.losses == pytest.approx(whole.method.losses, rel=1e-4)
    assert run.method.measured == pytest.approx(whole.method.measured, rel=1e-4)
    parts = {(part, parts) for _, _, part, parts in run.method.module.heard}
    assert len(parts) > 1


def test_a_failed_pass_leaves_no_trace_in_the_methods_memory(images):
    class Failing(Toy):
        def start(self, training):
            made, plain = super().start(training), ToyLoss.forward

            def forward(step):
                loss = plain(made, step)
                if step.parts == 1:
                    raise torch.OutOfMemoryError("CUDA out of memory.")
                return loss

            made.forward = forward
            return made

    run = quiet_fit(Limited(100), images, RECIPE.with_(epochs=1), method=Failing())
    tried = run.method.module.heard
    assert tried[0][3] == 1 and int(run.method.module.calls) == sum(parts > 1 for *_, parts in tried)


def test_images_without_labels_come_all_in_each_round_and_follow_the_step_alone(model, images, others):
    session = Session(model, images, RECIPE, "cpu", method=Toy(others))
    taken = session.method.images[0]
    count, size = len(taken), RECIPE.batch_size
    batches = [taken.batch(step, size) for step in range(-(-count // size))]
    rows = torch.cat(batches)[:count].flatten(1)
    everything = session.batches.ready(others.images[others.train.indices]).flatten(1)
    assert len(torch.unique(rows, dim=0)) == len(torch.unique(everything, dim=0)) == count
    assert torch.equal(taken.batch(2, size), batches[2]) and len(taken.batch(1, 100)) == 100
    assert not torch.equal(taken.batch(0, count), everything)


def test_images_that_do_not_fit_say_so(model, images):
    small = tlnb.ImageData.from_tensors(images.images[:, :, :16, :16], images.labels, images.classes)
    with pytest.raises(DataError, match="16 pixels a side, the others 32: load both with size=32"):
        quiet_fit(model, images, method=Toy(small))


def test_they_are_augmented_as_the_labelled_ones_but_for_what_mixes(model, images, others):
    recipe = RECIPE.with_(augmentation=[("flip", 1.0), ("mixup", 0.4)])
    session = Session(model, images, recipe, "cpu", method=Toy(others))
    taken = session.method.images[0]
    assert not torch.equal(
        taken.batch(0, 12), Session(model, images, RECIPE, "cpu", method=Toy(others)).method.images[0].batch(0, 12)
    )
    assert torch.equal(taken.batch(0, 12), taken.batch(0, 12))
    assert quiet_fit(model, images, recipe, method=Toy(others)).stopped == "finished"


class Watching(Toy):
    """Keeps the features that it was given."""

    def start(self, training):
        made = super().start(training)
        made.register_forward_pre_hook(lambda module, given: seen_by(module, given[0]))
        return made


def seen_by(module, step):
    module.seen = [*getattr(module, "seen", []), step.features.detach().clone()]


@pytest.mark.parametrize("trainable", ["head", 1], ids=["the head's inputs are stored", "maps are stored"])
def test_stored_features_are_the_features_that_a_method_is_given(model, images, trainable):
    recipe = RECIPE.with_(trainable=trainable, epochs=2)
    computed, stored = (
        quiet_fit(model, images, recipe.with_(store=how), method=Watching()) for how in ("off", "exact")
    )
    assert stored.cost.store and not computed.cost.store
    same = 1 if trainable == 1 else len(stored.losses)  # what trains goes apart by rounding
    for ours, theirs in list(zip(stored.method.module.seen, computed.method.module.seen, strict=True))[:same]:
        assert torch.allclose(ours, theirs, atol=1e-4)
    assert stored.method.losses[:same] == pytest.approx(computed.method.losses[:same], rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"precision": "bf16", "clip_norm": 1.0},
        {"optimizer": "lamb", "ema_decay": 0.9},
        {"decay_to": "pretrained", "weight_decay": 0.1, "patience": 2},
        {"trainable": "head", "thaw": ((1, 1), (2, "all")), "dropout": 0.3},
        {"augmentation": (("flip", 0.5), ("mixup", 0.4)), "schedule": "one_cycle"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_it_goes_on_to_the_same_losses_with_every_sort_of_recipe(model, images, others, tmp_path, changes):
    recipe = RECIPE.with_(**changes)
    whole = quiet_fit(model, images, recipe, method=Toy(others, noisy=True))
    for event in tlnb.train(model, images, recipe, device="cpu", method=Toy(others, noisy=True), checkpoint=tmp_path):
        if event.kind == "epoch":
            break
    torch.manual_seed(1)
    run = quiet_fit(model, images, recipe, method=Toy(others, noisy=True), checkpoint=tmp_path, resume=True)
    assert_same(run, whole)
    assert whole.method.losses[0] != 0
