"""The updates of torch's optimisers for many heads at once, each with a rate, a momentum and a decay of its own.

torch's own take one rate for a whole tensor, and a call for each of many tensors costs more than their arithmetic. The
formulas are those of `torch.optim.SGD` (with Nesterov's momentum), `AdamW` and `RMSprop` with their other settings as
they come; tests compare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

SECOND_BETA, SMOOTHING, EPSILON = 0.999, 0.99, 1e-8  # torch's defaults for AdamW and RMSprop


class StackedOptimizer:
    """Updates stacked parameters, ``(K, ...)`` each: K trainings that know nothing of each other.

    Parameters
    ----------
    name : {"sgd", "adamw", "rmsprop"}
        Which update.
    parameters : sequence of torch.Tensor
        ``(K, ...)`` each, changed in place.
    decays : sequence of torch.Tensor
        Weight decay, ``(K,)``, for each of the parameters.
    """

    def __init__(self, name: str, parameters: Sequence[torch.Tensor], decays: Sequence[torch.Tensor]) -> None:
        self._update = UPDATES[name]
        self.parameters, self.decays = list(parameters), list(decays)
        self._first = [torch.zeros_like(parameter) for parameter in parameters]
        self._second = [torch.zeros_like(parameter) for parameter in parameters]
        self._steps = 0

    @torch.no_grad()
    def step(self, gradients: Sequence[torch.Tensor], rates: torch.Tensor, momenta: torch.Tensor) -> None:
        """Take one step.

        Parameters
        ----------
        gradients : sequence of torch.Tensor
            One for each of the parameters, changed in place.
        rates, momenta : torch.Tensor
            ``(K,)``, of this step.
        """
        self._steps += 1
        for place, parameter in enumerate(self.parameters):
            form = (-1,) + (1,) * (parameter.ndim - 1)
            rate, momentum, decay = (t.view(form) for t in (rates, momenta, self.decays[place]))
            step = (rate, momentum, decay, self._steps)
            self._update(parameter, gradients[place], self._first[place], self._second[place], *step)

    def keep(self, chosen: torch.Tensor) -> None:
        """Go on with some of the trainings, int64 places among them."""
        for tensors in (self.parameters, self.decays, self._first, self._second):
            tensors[:] = [tensor[chosen] for tensor in tensors]


def _sgd(
    parameter: torch.Tensor,
    gradient: torch.Tensor,
    velocity: torch.Tensor,
    _: torch.Tensor,
    rate: torch.Tensor,
    momentum: torch.Tensor,
    decay: torch.Tensor,
    __: int,
) -> None:
    gradient += decay * parameter
    velocity.mul_(momentum).add_(gradient)
    parameter -= rate * gradient.add_(momentum * velocity)


def _adamw(
    parameter: torch.Tensor,
    gradient: torch.Tensor,
    mean: torch.Tensor,
    square: torch.Tensor,
    rate: torch.Tensor,
    momentum: torch.Tensor,
    decay: torch.Tensor,
    step: int,
) -> None:
    parameter *= 1 - rate * decay
    mean.lerp_(gradient, (1 - momentum).expand_as(gradient))
    square.mul_(SECOND_BETA).addcmul_(gradient, gradient, value=1 - SECOND_BETA)
    size = (square.sqrt() / (1 - SECOND_BETA**step) ** 0.5).add_(EPSILON)
    parameter -= rate / (1 - momentum**step) * mean / size


def _rmsprop(
    parameter: torch.Tensor,
    gradient: torch.Tensor,
    velocity: torch.Tensor,
    square: torch.Tensor,
    rate: torch.Tensor,
    momentum: torch.Tensor,
    decay: torch.Tensor,
    _: int,
) -> None:
    gradient += decay * parameter
    square.mul_(SMOOTHING).addcmul_(gradient, gradient, value=1 - SMOOTHING)
    velocity.mul_(momentum).add_(gradient / square.sqrt().add_(EPSILON))
    parameter -= rate * velocity


UPDATES: dict[str, Callable[..., None]] = {"sgd": _sgd, "adamw": _adamw, "rmsprop": _rmsprop}
