"""Where a network can be cut, and where it cannot: networks that somebody may have written."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tlnb.backbones.split import CannotSplitError, SplitNetwork, find_cut
from tlnb.training import LayerPlan


class Network(nn.Module):
    """Two stages and a head; subclasses say how they are put together."""

    def __init__(self):
        super().__init__()
        self.low = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8))
        self.high = nn.Sequential(nn.Conv2d(8, 12, 3, 2, padding=1), nn.BatchNorm2d(12), nn.ReLU(inplace=True))
        self.fc = nn.Linear(12, 3)

    def forward(self, images):
        return self.fc(self.high(self.low(images)).mean((2, 3)))


class ActsInPlace(Network):
    def forward(self, images):
        maps = self.low(images)
        return self.fc(self.high(F.relu(maps, inplace=True)).mean((2, 3)))


class DropsBeforeTheHead(Network):
    def forward(self, images):
        maps = F.adaptive_avg_pool2d(self.high(self.low(images)), 1).flatten(1)
        return self.fc(F.dropout(maps, 0.5, self.training))


class JoinsBranches(Network):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(20, 3)

    def forward(self, images):
        low = self.low(images)
        return self.fc(torch.cat([low.mean((2, 3)), self.high(low).mean((2, 3))], 1))


class LooksAtTheImageAgain(Network):
    def forward(self, images):
        return super().forward(images) + images.mean((1, 2, 3))[:, None]


class NormalisesByItsBatch(Network):
    def __init__(self):
        super().__init__()
        self.low[1] = nn.BatchNorm2d(8, track_running_stats=False)


class TakesItsOwnParameter(Network):
    def __init__(self):
        super().__init__()
        self.offset = nn.Parameter(torch.ones(1, 3, 1, 1))

    def forward(self, images):
        return super().forward(images + self.offset)


def images(n=4, seed=0):
    return torch.randn(n, 3, 16, 16, generator=torch.Generator().manual_seed(seed))


def frozen(network, *groups):
    plan = LayerPlan(network)
    plan.keep_training([name for name in plan.names if name not in groups])
    plan.train()
    return network


def cut_of(kind, *groups):
    torch.manual_seed(0)
    network = frozen(kind(), *groups)
    return network, find_cut(network, images(), groups)


def test_only_what_the_rest_needs_is_kept():
    _, cut = cut_of(Network, "stem", "stage1")
    assert cut.shapes == ((12,),) and str(cut) == "into fc"


def test_dropout_is_never_on_the_stored_side():
    network, cut = cut_of(DropsBeforeTheHead, "stem", "stage1")
    split = SplitNetwork(network, cut)
    halfway = split.prefix(images())
    with torch.no_grad():
        assert not torch.equal(split.logits(halfway), split.logits(halfway))


def test_what_is_stored_is_not_written_into():
    network, cut = cut_of(ActsInPlace, "stem")
    split = SplitNetwork(network, cut)
    halfway = split.prefix(images())
    before = halfway.values[0].clone()
    split.logits(halfway)
    assert torch.equal(halfway.values[0], before)


def test_branches_are_all_kept():
    network, cut = cut_of(JoinsBranches, "stem")
    network.eval()
    split = SplitNetwork(network, cut)
    torch.testing.assert_close(split.logits(split.prefix(images())), network(images()))


def test_a_parameter_outside_of_all_modules_counts_to_its_group():
    network, cut = cut_of(TakesItsOwnParameter, "stem", "stage1")
    split = SplitNetwork(network.eval(), cut)
    torch.testing.assert_close(split.logits(split.prefix(images())), network(images()))


@pytest.mark.parametrize(
    ("kind", "groups", "why"),
    [
        (LooksAtTheImageAgain, ("stem",), "no tensors"),
        (NormalisesByItsBatch, ("stem",), "others in the batch"),
    ],
)
def test_what_cannot_be_cut_is_refused_with_its_reason(kind, groups, why):
    with pytest.raises(CannotSplitError, match=why):
        cut_of(kind, *groups)


def test_what_is_frozen_behind_what_trains_is_not_stored():
    network = frozen(Network(), "stage1")
    with pytest.raises(CannotSplitError, match="before what trains"):
        find_cut(network, images(), ["stage1"])


def test_parts_of_a_batch_are_parts_of_what_is_stored():
    network, cut = cut_of(Network, "stem")
    split = SplitNetwork(network.eval(), cut)
    halves = split.prefix(images(5)).tensor_split(2)
    assert [len(half) for half in halves] == [3, 2]
    torch.testing.assert_close(torch.cat([split.logits(half) for half in halves]), network(images(5)))


def test_a_forward_pass_that_fails_leaves_the_modules_as_they_were():
    network, cut = cut_of(Network, "stem")
    split = SplitNetwork(network, cut)
    halfway = split.prefix(images())
    broken = split.meet((halfway.values[0][:, :5],), 16)
    with pytest.raises(RuntimeError):
        split.logits(broken)
    assert not any("forward" in vars(module) for module in network.modules())
