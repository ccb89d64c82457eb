"""One count for the thread that asks: PyTorch's own hooks every module of the process."""

import threading

import torch
from torch import nn
from torch.nn.modules.module import _global_forward_hooks, _global_forward_pre_hooks

from tlnb.backbones.counting import Multiplications
from tlnb.backbones.dry_run import DryRun


def test_what_another_thread_computes_is_not_counted() -> None:
    layer, images = nn.Linear(12, 5), torch.rand(2, 12)
    with Multiplications() as counted:
        assert not _global_forward_hooks and not _global_forward_pre_hooks
        other = threading.Thread(target=lambda: layer(images))
        other.start()
        other.join()
        assert counted.forward == 0
        layer(images)
    assert counted.forward == counted.backward == 2 * 12 * 5


def test_a_factor_counts_backward_where_it_has_a_gradient() -> None:
    images = torch.rand(2, 12, requires_grad=True)
    for learns, backward in ((True, 2), (False, 1)):
        layer = nn.Linear(12, 5).requires_grad_(learns)
        with Multiplications() as counted:
            layer(images)
        assert counted.backward == backward * counted.forward


def test_draws_of_a_pass_are_random_and_leave_the_generator_as_it_was() -> None:
    before = torch.get_rng_state()
    with DryRun():
        assert torch.rand(8).unique().numel() > 1 and torch.empty(3).normal_().std() > 0
        torch.rand(8, device="meta")
    assert torch.equal(torch.get_rng_state(), before)
