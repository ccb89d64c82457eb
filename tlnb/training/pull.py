"""Weight decay to where fine-tuning began: what was learnt before is kept unless the data speak against it.

Li, Grandvalet & Davoine, "Explicit Inductive Bias for Transfer Learning with Convolutional Networks" (L2-SP), 2018.
"""

from __future__ import annotations

import torch

from tlnb.core.errors import RecipeError
from tlnb.training.recipe import Recipe


class Pull:
    """Pulls weights to their values of when it was made, as an optimiser's own decay pulls them to zero.

    Where decay is apart from the gradient (AdamW), a step moves each weight by ``rate * decay`` of the way; else
    ``decay * (weight - start)`` is added to the gradient. What has no gradient is not moved. Parameter groups that have
    a weight decay of their own (the head, which is new) are left to the optimiser.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        From `make_optimizer`; its groups have ``"decay"``.
    apart : bool
        Whether decay is apart from the gradient.

    Examples
    --------
    >>> weight = torch.nn.Parameter(torch.ones(1, 1))
    >>> optimizer = torch.optim.SGD([{"params": [weight], "lr": 0.5, "weight_decay": 0.0, "decay": 0.1}])
    >>> pull = Pull(optimizer, apart=False)
    >>> weight.grad, weight.data = torch.zeros(1, 1), torch.full((1, 1), 3.0)
    >>> pull.before_step()
    >>> round(weight.grad.item(), 3)
    0.2
    """

    def __init__(self, optimizer: torch.optim.Optimizer, apart: bool) -> None:
        self._optimizer, self._apart = optimizer, apart
        self._starts = {
            weight: weight.detach().clone()
            for group in optimizer.param_groups
            if group["decay"] and not group["weight_decay"]
            for weight in group["params"]
        }

    @torch.no_grad()
    def before_step(self) -> None:
        """Pull once; call it between the gradients and the optimiser's step."""
        for group in self._optimizer.param_groups:  # looked up anew: a state that is loaded makes new groups
            for weight in group["params"]:
                start = self._starts.get(weight)
                if start is None or weight.grad is None:
                    continue
                if self._apart:
                    weight.lerp_(start, group["lr"] * group["decay"])
                else:
                    weight.grad.add_(weight - start, alpha=group["decay"])


def make_pull(recipe: Recipe, optimizer: torch.optim.Optimizer, precision: str) -> Pull | None:
    """Return the pull that a recipe asks for, if it does.

    Raises
    ------
    RecipeError
        If this precision cannot have it.
    """
    if recipe.decay_to != "pretrained" or not recipe.weight_decay:
        return None
    apart = recipe.optimizer == "adamw"
    if precision == "fp16" and not apart:
        raise RecipeError(
            f'decay_to="pretrained" with optimizer={recipe.optimizer!r} and precision="fp16": gradients are scaled '
            'there, and the pull is not. Use precision="bf16" or "fp32", or optimizer="adamw".'
        )
    return Pull(optimizer, apart)
