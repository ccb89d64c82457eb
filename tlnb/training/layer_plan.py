"""What is frozen, and that it stays so: the groups of one model's parameters, known by identity.

Three things make a frozen layer really frozen, and popular code forgets one or another of them: its parameters have
no gradient (not even a stale one), its modules run in evaluation mode, and `model.train()` does not undo that. A plan
never replaces a module or a parameter, so an optimiser that holds them all goes on being right.

Groups freeze as a whole; inside a group that trains, `learning` can leave only some parameters to learn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import Any

from torch import nn

from tlnb.backbones import layer_groups
from tlnb.backbones.membership import keeps_statistics, modules_and_groups
from tlnb.core.errors import RecipeError
from tlnb.training.learning import learning_parameters
from tlnb.training.recipe.selection import check_group

FROZEN, FIXED_STATISTICS, TRAINS = "frozen", "fixed_statistics", "trains"
STATES = (FROZEN, FIXED_STATISTICS, TRAINS)


def _stay_in_evaluation(module: nn.Module, _inputs: object) -> None:
    # model.train() reaches every module; this puts a frozen one back before it computes.
    if module.training:
        module.eval()


class LayerPlan:
    """The layer groups of one model, and the state of each.

    A group is in one of three states: ``"frozen"``, ``"fixed_statistics"`` (weights learn, normalisation that keeps
    running statistics, as batch normalisation does, leaves them as they came, and normalises by them) or ``"trains"``.

    Parameters
    ----------
    model : nn.Module
        Changed in place: its parameters' ``requires_grad``, its modules' mode, and one hook on each frozen module. A
        module that reaches over several groups is frozen when they all are.
    learning : {"all", "norms", "added"}
        Which parameters learn in the body's groups that train, as `Recipe.parameters`; the head's always do. With
        ``"added"`` the body's running statistics stand still everywhere, as with ``"fixed_statistics"``.

    Attributes
    ----------
    names : tuple of str
        The groups, input to head.
    states : dict of str to str
        The state of each.

    Raises
    ------
    RecipeError
        If the body has no such parameters.

    Examples
    --------
    >>> import tlnb
    >>> model = tlnb.create_model("resnet10t", 2, weights="random")
    >>> plan = LayerPlan(model)
    >>> plan.keep_training(["layer4", "head"]) if "layer4" in plan.names else plan.keep_training(["head"])
    >>> plan.states["stem"]
    'frozen'
    """

    def __init__(self, model: nn.Module, learning: str = "all") -> None:
        self.model, self.learning = model, learning
        self._groups = groups = layer_groups(model)
        self._learns = learning_parameters(model, groups, learning)
        self.names = tuple(group.name for group in groups)
        by_name = dict(model.named_parameters())
        self._parameters = {g.name: tuple((n, by_name[n]) for n in g.parameters) for g in groups}
        self._modules = modules_and_groups(model, groups)
        self.states = dict.fromkeys(self.names, TRAINS)
        self._touched: set[str] = set()

    def parameters(self, group: str) -> Iterator[tuple[str, nn.Parameter]]:
        """Yield name and parameter of one group."""
        yield from self._parameters[check_group(group, self.names)]

    def set_state(self, groups: str | Iterable[str], state: str) -> None:
        """Put groups into a state, now and for every later `model.train()`.

        Parameters
        ----------
        groups : str or iterable of str
            Names of groups.
        state : {"frozen", "fixed_statistics", "trains"}
            What they shall do.

        Raises
        ------
        RecipeError
            If a group or the state is unknown.
        """
        if state not in STATES:
            raise RecipeError(f"A group cannot be {state!r}; it can be {', '.join(STATES)}.")
        for group in [groups] if isinstance(groups, str) else groups:
            self.states[check_group(group, self.names)] = state
        self.apply()

    def keep_training(self, groups: Iterable[str], *, fixed_statistics: Iterable[str] = ()) -> None:
        """Let these groups train and freeze all others; see `let_train`."""
        training = set(groups)
        self.let_train(training, fixed_statistics=fixed_statistics)
        self.set_state([name for name in self.names if name not in training], FROZEN)

    def let_train(self, groups: Iterable[str], *, fixed_statistics: Iterable[str] = ()) -> None:
        """Let these groups train too; those of them that the second names keep their statistics.

        Parameters
        ----------
        groups, fixed_statistics : iterable of str
            Names of groups. What the second names and the first does not stays as it is.

        Raises
        ------
        RecipeError
            If a group is unknown.
        """
        training, fixed = set(groups), set(fixed_statistics)
        for group in (*training, *fixed):
            check_group(group, self.names)
        self.set_state(training & fixed, FIXED_STATISTICS)
        self.set_state(training - fixed, TRAINS)

    def apply(self) -> None:
        """Bring parameters and modules into the plan's states; call it after anything that may have changed them."""
        for name, state in self.states.items():
            for own, parameter in self._parameters[name]:
                learns = state != FROZEN and own in self._learns
                parameter.requires_grad_(learns)
                if not learns:
                    # A gradient left from before the freeze would move the weight at the next step.
                    parameter.grad = None
        frozen = {name for name, state in self.states.items() if state == FROZEN}
        fixed = {name for name, state in self.states.items() if state == FIXED_STATISTICS}
        if self.learning == "added":
            fixed.update(self.names[:-1])
        in_evaluation: set[nn.Module] = set()
        for module, groups in self._modules:
            held = groups <= frozen or (groups <= fixed and keeps_statistics(module))
            _hold_in_evaluation(module, held)
            if held and module not in in_evaluation:
                module.eval()  # with all that is in it
                in_evaluation.update(module.modules())

    def train(self) -> None:
        """Put the model into training mode as the plan has it: frozen parts stay in evaluation mode."""
        self.model.train()
        self.apply()
        self._touched.update(name for name, state in self.states.items() if state != FROZEN)

    def untouched(self) -> tuple[str, ...]:
        """Names of the first groups, from the input on, that are frozen and have been whenever the model trained."""
        still = (self.states[name] == FROZEN and name not in self._touched for name in self.names)
        return tuple(name for name, _ in zip(self.names, takewhile(bool, still), strict=False))

    def trainable(self) -> tuple[str, ...]:
        """Names of the groups of which anything learns, input to head."""
        return tuple(
            name
            for name, state in self.states.items()
            if state != FROZEN and any(own in self._learns for own, _ in self._parameters[name])
        )

    def state_dict(self) -> dict[str, Any]:
        """Return every group's state, and which parameters learn, as plain data, for a checkpoint."""
        return {"learning": self.learning, "groups": dict(self.states), "touched": sorted(self._touched)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Put the groups into the states that a checkpoint says, so that what had thawed is not frozen again.

        Raises
        ------
        RecipeError
            If the groups are not this model's, a state is unknown, or the model lacks the parameters that learn.
        """
        groups = dict(state.get("groups", {}))
        if tuple(groups) != self.names:
            raise RecipeError(
                f"The checkpoint has the groups {', '.join(groups)}; this model has {', '.join(self.names)}."
            )
        self._learns = learning_parameters(self.model, self._groups, state["learning"])
        self.learning = state["learning"]
        for group, its_state in groups.items():
            self.set_state(group, its_state)
        self._touched = set(state.get("touched", self.names))

    def release(self) -> None:
        """Take every hook off the model again; its parameters keep their present ``requires_grad``."""
        release(self.model)


def release(model: nn.Module) -> None:
    """Take the hooks of a plan off a model, or off a copy of the model that it was made for."""
    for module in model.modules():
        _hold_in_evaluation(module, False)


def _hold_in_evaluation(module: nn.Module, held: bool) -> None:
    hooks = module._forward_pre_hooks
    mine = [key for key, hook in hooks.items() if hook is _stay_in_evaluation]
    if held and not mine:
        # First of all hooks: torch's spectral norm is one too, and moves its buffers where it finds training mode.
        module.register_forward_pre_hook(_stay_in_evaluation, prepend=True)
    elif not held:
        for key in mine:
            del hooks[key]
