"""When memory does not suffice, the batch is computed in parts, and the training goes on to what it would have been."""

import gc
import weakref

import pytest
import torch
from torch import nn

import tlnb
from tlnb.core.errors import MemoryLimitError
from tlnb.training import Recipe
from tlnb.training.memory import in_parts, is_out_of_memory
from tlnb.training.session import Session

RECIPE = Recipe(trainable="all", epochs=2, batch_size=16, learning_rate=0.01, optimizer="sgd")


class Limited(nn.Module):
    """A network on a machine where so many images fit at once: more of them raise what torch raises there."""

    def __init__(self, most=100, norm=nn.Identity, evaluating=100, at_once=False):
        super().__init__()
        self.most, self.evaluating, self.at_once, self.seen = most, evaluating, at_once, []
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), norm(8), nn.ReLU(), nn.Dropout(0.1))
        self.head = nn.Linear(8, 2)

    def forward(self, images):
        too_many = len(images) > (self.most if self.training else self.evaluating)
        # Dropout has drawn, and statistics have moved, before memory ends; unless it ends at once.
        features = images if too_many and self.at_once else self.body(images)
        if self.training:
            self.seen.append(len(images))
        if too_many:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return self.head(features.mean((2, 3)))


def quiet_fit(*args, **options):
    return tlnb.fit(*args, progress=False, device="cpu", **options)


def limited(most, recipe=RECIPE, **options):
    """Return a network without dropout: in parts it would draw other masks."""
    model = Limited(most, **options)
    model.body[3].p = 0.0
    return model


@pytest.mark.parametrize("most", [1, 3, 5, 8, 15])
@pytest.mark.parametrize(
    "changes", [{}, {"label_smoothing": 0.1, "class_weights": "balanced", "clip_norm": 0.5}], ids=["plain", "weighted"]
)
def test_parts_give_the_losses_and_the_weights_of_the_whole_batch(images, most, changes):
    recipe = RECIPE.with_(**changes)
    uneven = tlnb.ImageData.from_tensors(images.images, [0] * 20 + [1] * 40, ["few", "many"])
    whole = quiet_fit(limited(100), uneven, recipe)
    run = quiet_fit(limited(most), uneven, recipe)
    assert run.losses == pytest.approx(whole.losses, rel=1e-5)
    for ours, theirs in zip(run.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    assert int(run.cost.choices["images_at_once"]) <= most and "images_at_once" not in whole.cost.choices


def test_a_failed_pass_leaves_no_trace_in_statistics_and_random_numbers(images):
    run = quiet_fit(Limited(8, nn.BatchNorm2d), images, RECIPE.with_(epochs=1))
    seen = run.model.seen
    parts = [n for n in seen if n <= 8]
    assert seen[0] > 8 and seen[1:] == parts and sum(parts) == len(images.train)
    # as many updates as there were parts: the pass that failed counts for nothing
    assert int(run.model.body[1].num_batches_tracked) == len(parts)

    # The same class: what is chosen by measuring (the memory format) is chosen for each class and size.
    at_once = Limited(8, nn.BatchNorm2d, at_once=True)
    assert run.losses == quiet_fit(at_once, images, RECIPE.with_(epochs=1)).losses


def test_it_says_what_it_does_and_that_batch_normalisation_sees_less(images, caplog):
    quiet_fit(Limited(9, nn.BatchNorm2d), images, RECIPE)
    (said,) = [r.getMessage() for r in caplog.records if "memory" in r.getMessage()]
    assert "Out of memory with 16 images at a time" in said and "in 2 parts" in said and "each part alone" in said
    caplog.clear()
    quiet_fit(Limited(9), images, RECIPE)
    assert "each part alone" not in caplog.text


def test_no_part_is_a_single_image_where_batch_normalisation_trains(images):
    run = quiet_fit(Limited(3, nn.BatchNorm2d), images, RECIPE.with_(batch_size=7))
    assert 1 not in run.model.seen and run.stopped == "finished"


@pytest.mark.parametrize(("norm", "at_least"), [(nn.Identity, 1), (nn.BatchNorm2d, 2)])
def test_where_nothing_fits_one_error_says_what_to_do(images, norm, at_least):
    with pytest.raises(MemoryLimitError, match=rf"Not even {at_least} image\(s\).*CUDA out of memory.*size=96"):
        quiet_fit(Limited(0, norm), images, RECIPE)


def test_validation_and_test_are_computed_in_parts_too(images):
    whole, run = (quiet_fit(limited(100, evaluating=n), images, RECIPE) for n in (100, 3))
    assert run.metrics == pytest.approx(whole.metrics, rel=1e-5)
    assert torch.allclose(run.outputs.logits, whole.outputs.logits, atol=1e-5)


def test_a_resumed_run_does_not_try_again_what_did_not_fit(images, tmp_path):
    quiet_fit(limited(5), images, RECIPE.with_(epochs=2), checkpoint=tmp_path)
    events = tlnb.train(limited(5), images, RECIPE, device="cpu", checkpoint=tmp_path, resume=True)
    assert [e.kind for e in events] == ["started", "finished"]
    broken = tmp_path / "broken"
    for event in tlnb.train(limited(5), images, RECIPE, device="cpu", checkpoint=broken):
        if event.kind == "epoch":
            break
    run = quiet_fit(limited(5), images, RECIPE, checkpoint=broken, resume=True)
    assert max(run.model.seen) <= 5 and run.losses == quiet_fit(limited(5), images, RECIPE).losses


def test_other_errors_are_not_taken_for_want_of_memory(images):
    class Broken(Limited):
        def forward(self, images):
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        quiet_fit(Broken(), images, RECIPE)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("MPS backend out of memory (MPS allocated: 8 GiB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
)
def test_want_of_memory_is_known_in_all_its_forms(error):
    assert is_out_of_memory(error)


def test_in_parts_keeps_the_order_and_gives_up_at_one_image():
    def compute(images):
        if len(images) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return images * 2

    assert in_parts(compute, torch.arange(7)).tolist() == [0, 2, 4, 6, 8, 10, 12]
    with pytest.raises(torch.OutOfMemoryError):
        in_parts(lambda _: compute(torch.zeros(3)), torch.zeros(1))


def test_nothing_of_a_failed_pass_is_kept_while_the_parts_are_computed(images):
    class Watched(Limited):
        failed, alive = None, ()

        def forward(self, images):
            self.alive = (*self.alive, self.failed is not None and self.failed() is not None)
            if self.training and len(images) > self.most:
                features = self.body(images)
                Watched.failed = weakref.ref(features)
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().forward(images)

    run = quiet_fit(Watched(4), images, RECIPE.with_(epochs=1))
    assert Watched.failed is not None and not any(run.model.alive)


def test_a_training_that_has_ended_frees_its_memory_without_the_garbage_collector(model, images):
    gc.disable()
    try:
        session = Session(model, images, Recipe(epochs=1, batch_size=12, ema_decay=0.9, decay_to="pretrained"))
        left = [weakref.ref(held) for held in (session, session.stepper, session.stepper.optimizer, session.meter)]
        *_, last = session.events()
        left.append(weakref.ref(last.run.model))
        del session, last
        assert [held() for held in left] == [None] * 5
    finally:
        gc.enable()
