"""The lines of a script that train: imports, optimiser and loss."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tlnb.backbones import ModelCard
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.checks import TORCH_OPTIMIZERS

if TYPE_CHECKING:
    from tlnb.data import ImageData
    from tlnb.data.augmentation import AugmentationSource


def import_lines(
    recipe: Recipe, card: ModelCard, borrows: bool, package: str, augmentation: AugmentationSource | None
) -> list[str]:
    """Write the imports: the standard library's, an empty line, the others in order."""
    wanted = {"import sys", "import torch", "from safetensors.torch import load_file", "from torch import nn"}
    wanted.add("from collections import OrderedDict" if card.library == "tlnb" else f"import {card.library}")
    if borrows:
        wanted.add("import torchvision")
    if package:
        wanted.add(f"import {package}")
    if recipe.optimizer not in TORCH_OPTIMIZERS or recipe.drop_path is not None:
        wanted.add("import timm")
    if recipe.optimizer not in TORCH_OPTIMIZERS:
        wanted.add("import timm.optim")
    if recipe.drop_path is not None:
        wanted.add("from timm.layers import DropPath")
    if recipe.patience:
        wanted |= {"import copy", "import math"}
    if recipe.ema_decay is not None:
        wanted.add("import copy")
    if recipe.monitor == "auc" and (recipe.patience or recipe.schedule == "plateau"):
        wanted.add("from sklearn.metrics import roc_auc_score")
    wanted |= set(augmentation.imports if augmentation else ())
    standard = [line for line in wanted if line.split()[1].split(".")[0] in sys.stdlib_module_names]
    others = sorted(wanted - set(standard), key=_place)
    return [*sorted(standard, key=_place), "", *others]


def optimizer_lines(recipe: Recipe) -> list[str]:
    """Write how the optimiser is made of ``parameter_groups``."""
    if recipe.optimizer == "sgd":
        return [
            f"optimizer = torch.optim.SGD(parameter_groups, momentum={recipe.momentum}, nesterov={recipe.momentum > 0})"
        ]
    if recipe.optimizer == "adamw":
        return [f"optimizer = torch.optim.AdamW(parameter_groups, betas=({recipe.momentum}, 0.999))"]
    if recipe.optimizer == "rmsprop":
        return [f"optimizer = torch.optim.RMSprop(parameter_groups, momentum={recipe.momentum})"]
    return [
        "optimizer = timm.optim.create_optimizer_v2(",
        f'    parameter_groups, opt="{recipe.optimizer}", lr={recipe.learning_rate}, momentum={recipe.momentum}',
        ")",
        "for group in optimizer.param_groups:",
        '    if "betas" in group:',
        f'        group["betas"] = ({recipe.momentum}, *group["betas"][1:])',
    ]


def loss_arguments(recipe: Recipe, images: ImageData) -> str:
    """Write the arguments of the cross-entropy."""
    arguments = []
    if recipe.class_weights == "balanced":
        arguments.append(f"weight=torch.tensor({images.class_weights().tolist()}, device=device)")
    if recipe.label_smoothing:
        arguments.append(f"label_smoothing={recipe.label_smoothing}")
    return ", ".join(arguments)


def _place(line: str) -> tuple[bool, str]:
    """Sort as isort does: ``import`` before ``from``, each by name."""
    return line.startswith("from "), line.lower()
