"""Two images in one, and their labels likewise: mixup and CutMix, on a whole batch.

Each image is mixed with the one before it in the batch (the first with the last): a batch is in random order already.
A function here is one that a stand-alone script can quote: it needs torch alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch


def mixup(
    images: torch.Tensor, targets: torch.Tensor, turns: Iterable[int], alpha: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Blend in a share, Beta(alpha, alpha) folded at a half, of the image before. (N, C, H, W), (N, classes)."""
    shares = [torch.distributions.Beta(alpha, alpha).sample().item() for _ in turns]
    share = torch.tensor([min(share, 1 - share) for share in shares], device=images.device)[:, None]
    mixed = torch.lerp(images.float(), images.roll(1, 0).float(), share[:, :, None, None])
    return mixed.round().to(torch.uint8), torch.lerp(targets, targets.roll(1, 0), share)


def cutmix(
    images: torch.Tensor, targets: torch.Tensor, turns: Iterable[int], chance: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Paste in a patch of the image before, of any size, anywhere. (N, C, H, W), (N, classes)."""
    draws = torch.stack([torch.rand(4) for _ in turns]).to(images.device)
    height, width = images.shape[-2:]
    half_side = (draws[:, 0] < chance) * draws[:, 1].sqrt() / 2  # as a share of the image's side
    # Where each row's and column's centre lies, from 0 to 1; the patch is cut off at the image's edges.
    down = (torch.arange(height, device=images.device) + 0.5) / height
    across = (torch.arange(width, device=images.device) + 0.5) / width
    rows = (down - draws[:, 2, None]).abs() < half_side[:, None]  # (N, H)
    columns = (across - draws[:, 3, None]).abs() < half_side[:, None]  # (N, W)
    patch = rows[:, None, :, None] & columns[:, None, None, :]  # (N, 1, H, W)
    share = patch.float().mean((2, 3))  # labels follow the pixels that are really there
    return torch.where(patch, images.roll(1, 0), images), torch.lerp(targets, targets.roll(1, 0), share)
