"""Forgetting: what fine-tuning on a new task has left of the old one.

McCloskey & Cohen, "Catastrophic Interference in Connectionist Networks", 1989; French, "Catastrophic forgetting in
connectionist networks", 1999.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from tlnb.core.errors import ModelError

if TYPE_CHECKING:
    from torch import nn

    from tlnb.data import ImageData


def source_scores(source: nn.Module, tuned: nn.Module, images: ImageData, split: str = "test") -> dict[str, float]:
    """Score the old task with the new network: the source's own head on the body that has been fine-tuned.

    Parameters
    ----------
    source : nn.Module
        The network as it was before, with its head for the old task; not changed.
    tuned : nn.Module
        What became of its body, whatever head it has now; not changed.
    images : ImageData
        Of the old task.
    split : {"train", "valid", "test"}
        Which of them.

    Returns
    -------
    dict of str to float
        Loss, accuracy and, for two classes, AUC.

    Raises
    ------
    ModelError
        If the two have different bodies, or the source's head is for other classes.

    Examples
    --------
    >>> import tlnb, torch
    >>> from tlnb.backbones import with_new_head
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> source = tlnb.create_model("resnet10t", images, weights="random")
    >>> same_body = with_new_head(source, ["a", "b", "c"])
    >>> source_scores(source, same_body, images) == source_scores(source, source, images)
    True
    """
    import torch

    from tlnb.backbones import head_name, model_card
    from tlnb.training.assess import assess
    from tlnb.training.batches import Batches
    from tlnb.training.complaints import check_fit
    from tlnb.training.recipe import Recipe

    check_fit(source, images)
    head = f"{head_name(source)}."
    state = {name: value for name, value in tuned.state_dict().items() if not name.startswith(head)}
    both = copy.deepcopy(source)
    own = both.state_dict()
    body = {name for name in own if not name.startswith(head)}
    wrong = sorted(body ^ set(state)) or [name for name in state if own[name].shape != state[name].shape]
    if wrong:
        raise ModelError(
            f"The two networks differ in {wrong[0]!r}: forgetting is measured between a network and what fine-tuning "
            "made of it. Fold low-rank updates in first, with merge_low_rank."
        )
    both.load_state_dict({**own, **state})
    batches = Batches(images, model_card(source), Recipe(), next(both.parameters()).device)
    with torch.inference_mode():
        return assess(both, batches, split)
