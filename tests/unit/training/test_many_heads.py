"""Many heads train at once to what each would come to by itself; what cannot, trains by itself."""

import copy

import pytest
import torch
from torch import nn

import tlnb
from tlnb.core.errors import ModelError, NonFiniteLossError
from tlnb.training import Recipe, fit_many
from tlnb.training.heads import features, fitting, together
from tlnb.training.heads.stack import HeadStack, logits_of_heads
from tlnb.training.heads.updates import StackedOptimizer

PROBE = Recipe(epochs=3, batch_size=8, learning_rate=0.02, optimizer="sgd")
PLATEAU = {"schedule": "plateau", "schedule_options": {"patience": 0}, "epochs": 6}
BALANCED = {"class_weights": "balanced"}
VARIANTS = {
    "rates": [{"learning_rate": rate} for rate in (1e-3, 0.1)],
    "penalties": [{"weight_decay": decay} for decay in (0.0, 0.3)],
    "pulled to zero as heads are": [{"decay_to": "pretrained", "weight_decay": 0.1}, {}],
    "seeds": [{"seed": seed} for seed in (3, 4, 5)],
    "batch sizes": [{"batch_size": size} for size in (5, 8, 13)],
    "lengths": [{"epochs": epochs} for epochs in (1, 4, 2)],
    "schedules": [{"schedule": name} for name in ("constant", "cosine", "one_cycle", "step", "exponential")],
    "warm-up": [{"warmup_epochs": 1.5}, {"warmup_epochs": 0.5, "schedule": "polynomial"}],
    "plateaus": [{**PLATEAU, "learning_rate": rate} for rate in (0.5, 0.01)],
    "momenta": [{"momentum": momentum} for momentum in (0.0, 0.5)],
    "losses": [{"label_smoothing": 0.2}, BALANCED, {**BALANCED, "label_smoothing": 0.1}],
    "clipping": [{"clip_norm": 0.05}, {"clip_norm": 100.0}, {}],
    "averages": [{"ema_decay": 0.9}, {"ema_decay": 0.5, "patience": 1}, {}],
    "patience": [{"patience": 1, "epochs": 8, "learning_rate": rate} for rate in (0.5, 0.02)],
    "own rates": [{"rate_factors": {"head": 0.1}}, {}],
    "statistics": [{"fixed_statistics": True}, {"fixed_statistics": ["stage4"]}, {"fixed_statistics": ["head"]}],
}  # fmt: skip


@pytest.fixture(scope="module")
def trained_together(images):
    """Count the heads that trained together in the block."""
    counted = []
    genuine = together.train_together

    def count(jobs, *rest):
        counted.append(len(jobs))
        return genuine(jobs, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "train_together", count)
        yield counted


def alike(run, other, share=1e-4):
    assert run.losses == pytest.approx(other.losses, rel=share, abs=share)
    torch.testing.assert_close(run.outputs.logits, other.outputs.logits, rtol=share, atol=share)
    assert (run.stopped, run.best_epoch, run.used) == (other.stopped, other.best_epoch, other.used)
    assert run.metrics == pytest.approx(other.metrics, rel=share, abs=share)
    for one, two in zip(run.history, other.history, strict=True):
        assert (one.epoch, one.train_loss) == (two.epoch, pytest.approx(two.train_loss, rel=share, abs=share))
        assert one.valid_loss == pytest.approx(two.valid_loss, rel=share, abs=share)
        assert one.valid_auc == pytest.approx(two.valid_auc, abs=0.03)
    state = other.model.state_dict()
    for name, tensor in run.model.state_dict().items():
        torch.testing.assert_close(tensor, state[name], rtol=share, atol=share)


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "rmsprop"])
def test_each_comes_to_what_it_would_come_to_alone(model, images, trained_together, optimizer, changes):
    lower = 1.0 if optimizer == "sgd" else 0.05
    recipes = [PROBE.with_(optimizer=optimizer).with_(**change) for change in changes]
    recipes = [recipe.with_(learning_rate=recipe.learning_rate * lower) for recipe in recipes]
    trained_together.clear()
    runs = list(fit_many(model, [(images, recipe) for recipe in recipes], progress=False))
    assert trained_together == [len(recipes)]
    for run, recipe in zip(runs, recipes, strict=True):
        alike(run, tlnb.fit(model, images, recipe, progress=False))
        assert run.recipe == recipe


def test_splits_of_different_sizes_train_together(model, images, trained_together):
    trained_together.clear()
    parts = [images, images.resplit(seed=1, test=0.3), images.few(4), images.resplit(seed=2, valid=0.0)]
    pairs = [(part, PROBE.with_(seed=seed, class_weights="balanced")) for part in parts for seed in (0, 1)]
    runs = list(fit_many(model, pairs, progress=False))
    assert trained_together == [len(pairs)]
    for run, pair in zip(runs, pairs, strict=True):
        alone = tlnb.fit(model, *pair, progress=False)
        assert run.losses == pytest.approx(alone.losses, rel=1e-4)
        torch.testing.assert_close(run.outputs.logits, alone.outputs.logits, rtol=1e-4, atol=1e-4)
        assert torch.equal(run.outputs.indices, alone.outputs.indices)
        assert [record.valid_loss is None for record in run.history] == [len(pair[0].valid) == 0] * 3


def test_a_head_that_was_trained_goes_on_from_there(model, images):
    tuned = tlnb.fit(model, images, PROBE, progress=False).model
    again = [(images, PROBE.with_(learning_rate=rate)) for rate in (0.01, 0.02)]
    for run, pair in zip(fit_many(tuned, again, progress=False), again, strict=True):
        alike(run, tlnb.fit(tuned, *pair, progress=False))


def test_mixed_precision_rounds_as_one_by_one(model, images, trained_together):
    trained_together.clear()
    pairs = [(images, PROBE.with_(precision="bf16", seed=seed)) for seed in (0, 1)]
    for run, pair in zip(fit_many(model, pairs, progress=False), pairs, strict=True):
        alone = tlnb.fit(model, *pair, progress=False)
        assert run.losses == pytest.approx(alone.losses, abs=0.02)
        assert run.cost.choices["precision"] == "bf16"
    assert trained_together == [2]


@pytest.mark.parametrize(
    "change",
    [
        {"trainable": 1},
        {"thaw": ((1.0, 1),)},
        {"weights": "random", "trainable": "all"},
        {"augmentation": (("flip", 0.5),)},
        {"dropout": 0.3},
        {"optimizer": "lamb", "learning_rate": 1e-3},
        {"store": "off"},
        {"precision": "fp16"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_cannot_train_beside_others_trains_by_itself(model, images, trained_together, change):
    trained_together.clear()
    pairs = [(images, PROBE), (images, PROBE.with_(**change)), (images, PROBE.with_(seed=1))]
    runs = list(fit_many(model, pairs, progress=False))
    assert trained_together == [2]
    assert runs[1].losses == tlnb.fit(model, *pairs[1], progress=False).losses
    assert "heads together" not in runs[1].cost.choices


def test_dropout_of_the_networks_own_is_seen(images, trained_together):
    trained_together.clear()
    dropping = tlnb.create_model("resnet10t", images, weights="random")
    dropping.drop_rate = 0.3
    pairs = [(images, PROBE), (images, PROBE.with_(seed=1))]
    runs = list(fit_many(dropping, pairs, progress=False))
    assert trained_together == []
    assert runs[0].losses == tlnb.fit(dropping, *pairs[0], progress=False).losses


class Convolutional(nn.Module):
    """A head that is a convolution, and pooling after it."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3, 2), nn.ReLU())
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, images):
        return self.head(self.body(images)).mean((2, 3))


def test_a_head_that_is_a_convolution_trains_by_itself(images, trained_together):
    trained_together.clear()
    network = Convolutional()
    pairs = [(images, PROBE), (images, PROBE.with_(seed=1))]
    runs = list(fit_many(network, pairs, progress=False))
    assert trained_together == []
    assert runs[1].losses == tlnb.fit(network, *pairs[1], progress=False).losses


def test_other_images_go_into_another_group(model, images, trained_together):
    trained_together.clear()
    darker = tlnb.ImageData.from_tensors(images.images // 2, images.labels, images.classes, test=0.2, valid=0.2)
    relabelled = tlnb.ImageData.from_tensors(images.images, 1 - images.labels, images.classes, test=0.2, valid=0.2)
    pairs = [(data, PROBE.with_(seed=seed)) for seed in (0, 1) for data in (images, darker, relabelled)]
    runs = list(fit_many(model, pairs, progress=False))
    assert trained_together == [2, 2, 2]
    for run, pair in zip(runs, pairs, strict=True):
        assert run.losses == pytest.approx(tlnb.fit(model, *pair, progress=False).losses, rel=1e-4)


def test_features_that_are_too_many_for_memory_are_read_batch_by_batch(model, images, monkeypatch):
    pairs = [(images, PROBE.with_(seed=seed)) for seed in (0, 1)]
    held = [run.losses for run in fit_many(model, pairs, progress=False)]
    monkeypatch.setattr(features, "IN_MEMORY", 0)
    monkeypatch.setattr(together, "AT_ONCE", 7)
    for run, losses in zip(fit_many(model, pairs, progress=False), held, strict=True):
        assert run.losses == losses


def test_more_heads_than_are_held_at_once_go_in_turns(model, images, trained_together, monkeypatch):
    trained_together.clear()
    pairs = [(images, PROBE.with_(seed=seed)) for seed in range(5)]
    whole = [run.losses for run in fit_many(model, pairs, progress=False)]
    monkeypatch.setattr(fitting, "TOGETHER_BYTES", 100_000)
    parted = [run.losses for run in fit_many(model, pairs, progress=False)]
    assert trained_together[0] == 5
    assert len(trained_together) > 2
    assert sum(trained_together[1:]) == 5
    for one, other in zip(whole, parted, strict=True):
        assert one == pytest.approx(other, rel=1e-5)


def test_one_whose_loss_is_not_finite_fails_as_alone_and_the_others_go_on(model, images):
    pairs = [
        (images, PROBE),
        (images, PROBE.with_(learning_rate=1e38, weight_decay=1e3)),
        (images, PROBE.with_(seed=1)),
    ]
    runs = fit_many(model, pairs, progress=False)
    alike(next(runs), tlnb.fit(model, *pairs[0], progress=False))
    with pytest.raises(NonFiniteLossError, match="at step"):
        next(runs)


def test_what_early_stopping_cannot_watch_is_said_as_alone(model, images):
    unwatched = images.resplit(valid=0.0)
    runs = fit_many(model, [(unwatched, PROBE.with_(patience=1)), (unwatched, PROBE)], progress=False)
    with pytest.raises(tlnb.core.errors.DataError, match="validation loss"):
        next(runs)


def test_images_of_other_classes_are_refused_before_anything_trains(model, images, trained_together):
    trained_together.clear()
    three = tlnb.ImageData.from_tensors(images.images, images.labels, ["a", "b", "c"], test=0.2, valid=0.2)
    with pytest.raises(ModelError, match="2 outputs"):
        fit_many(model, [(images, PROBE), (three, PROBE)], progress=False)
    assert trained_together == []


def test_nothing_that_is_given_changes_and_each_run_has_a_model_of_its_own(model, images):
    before = copy.deepcopy(model.state_dict())
    first, second = fit_many(model, [(images, PROBE), (images, PROBE.with_(seed=1))], progress=False)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    with torch.no_grad():
        next(first.model.parameters()).zero_()
    assert next(second.model.parameters()).abs().sum() > 0
    assert not first.model.training
    assert first.predict(images.images[0]).label in images.classes


def test_the_cost_of_all_is_shared_out(model, images):
    pairs = [(images, PROBE.with_(seed=seed)) for seed in range(3)]
    runs = list(fit_many(model, pairs, progress=False))
    alone = tlnb.fit(model, *pairs[0], progress=False)
    for run in runs:
        assert (run.cost.images, run.cost.steps) == (alone.cost.images, alone.cost.steps)
        assert run.cost.weights_bytes == alone.cost.weights_bytes
        assert run.cost.choices["heads together"] == "3"
        (use,) = run.cost.store
        assert use.read == sum(
            len(images.subset(name)) * times for name, times in (("train", 3), ("valid", 3), ("test", 1))
        )
        assert use.computed == 0 or run is runs[0]
        assert min(run.cost.seconds, run.cost.validation_seconds, run.cost.loading_seconds) > 0
    assert runs[1].cost.macs == runs[2].cost.macs > 0


@pytest.mark.parametrize("name", ["sgd", "adamw", "rmsprop"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_updates_are_torchs(name, momentum):
    torch.manual_seed(0)
    start, decay, rates = torch.randn(3, 4, 5), torch.tensor([0.0, 0.1, 0.01]), torch.tensor([0.1, 0.01, 0.05])
    stacked = StackedOptimizer(name, [start.clone()], [decay])
    made = {
        "sgd": lambda p, k: torch.optim.SGD(
            [p], momentum=momentum, nesterov=momentum > 0, weight_decay=float(decay[k])
        ),
        "adamw": lambda p, k: torch.optim.AdamW([p], betas=(momentum, 0.999), weight_decay=float(decay[k])),
        "rmsprop": lambda p, k: torch.optim.RMSprop([p], momentum=momentum, weight_decay=float(decay[k])),
    }[name]
    own = [start[k].clone().requires_grad_() for k in range(3)]
    optimizers = [made(parameter, k) for k, parameter in enumerate(own)]
    for _ in range(20):
        gradient = torch.randn(3, 4, 5)
        stacked.step([gradient.clone()], rates, torch.full((3,), momentum))
        for k, (parameter, optimizer) in enumerate(zip(own, optimizers, strict=True)):
            optimizer.param_groups[0]["lr"] = float(rates[k])
            parameter.grad = gradient[k].clone()
            optimizer.step()
    torch.testing.assert_close(stacked.parameters[0], torch.stack([p.detach() for p in own]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("batches", [1, 2, 6])
def test_logits_are_those_of_each_head(batches):
    torch.manual_seed(0)
    values, weight, bias = torch.randn(batches, 7, 4), torch.randn(6, 3, 4), torch.randn(6, 3)
    logits = logits_of_heads(values, weight, bias)
    for k in range(6):
        own = nn.functional.linear(values[k // (6 // batches)], weight[k], bias[k])
        torch.testing.assert_close(logits[k], own)


def test_what_fills_a_batch_up_does_not_count(images):
    torch.manual_seed(0)
    heads = [nn.Linear(4, 2) for _ in range(2)]
    recipes = [PROBE.with_(label_smoothing=0.1)] * 2
    weights = torch.tensor([[1.0, 2.0], [1.0, 1.0]])
    values, labels = torch.randn(2, 5, 4), torch.tensor([[0, 1, 1, 0, 0], [1, 0, 1, 1, 0]])
    counted = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    losses = HeadStack(heads, recipes, weights, "fp32").step(values, labels, counted, torch.zeros(2), torch.zeros(2))
    for k, n in enumerate((5, 3)):
        own = nn.functional.cross_entropy(heads[k](values[k, :n]), labels[k, :n], weights[k], label_smoothing=0.1)
        assert losses[k].item() == pytest.approx(own.item(), rel=1e-5)
