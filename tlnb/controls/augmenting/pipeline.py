"""What a hand makes of a recipe's steps of augmentation. What mixes images comes last, as in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlnb.core.errors import RecipeError
from tlnb.data.augmentation import AUGMENTATIONS, augmentation_source, check_steps
from tlnb.training import Recipe

Steps = tuple[tuple[str, float], ...]

MIDDLE = 0.5  # where the slider of a step begins that is new
KINDS = {
    "geometry": "Geometry",
    "colour": "Colour and light",
    "occlusion": "Something in front",
    "domain": "What instruments, files and laboratories do",
    "policy": "Many changes, drawn",
    "mixing": "Two images in one",
}


def applied(steps: Sequence[tuple[str, float]]) -> Steps:
    """Return steps in the order in which a training applies them: what mixes images comes last.

    Examples
    --------
    >>> applied([("mixup", 0.2), ("flip", 0.5), ("rotation", 0.0)])
    (('flip', 0.5), ('rotation', 0.0), ('mixup', 0.2))
    """
    return tuple(sorted(steps, key=lambda step: AUGMENTATIONS[step[0]].mixes))


def with_strength(steps: Steps, name: str, strength: Any) -> Steps:
    """Return the steps with another strength of one that is among them.

    Raises
    ------
    RecipeError
        If it is not, or the strength is no number from 0 to 1.
    """
    _check_among(steps, name)
    return check_steps((own, strength if own == name else before) for own, before in steps)


def with_step(steps: Steps, name: str, strength: float) -> Steps:
    """Return the steps with a further one, last of its kind.

    Raises
    ------
    RecipeError
        If it is unknown, or there already.
    """
    return applied(check_steps([*steps, (name, strength)]))


def without(steps: Steps, name: str) -> Steps:
    """Return the steps without one.

    Raises
    ------
    RecipeError
        If it is not among them.
    """
    _check_among(steps, name)
    return tuple(step for step in steps if step[0] != name)


def reordered(steps: Steps, names: Sequence[str]) -> Steps:
    """Return the steps in another order; strengths stay with their steps.

    Raises
    ------
    RecipeError
        If the names are not those of the steps.

    Examples
    --------
    >>> reordered((("flip", 0.5), ("blur", 0.2)), ["blur", "flip"])
    (('blur', 0.2), ('flip', 0.5))
    """
    strengths = dict(steps)
    if sorted(map(str, names)) != sorted(strengths):
        raise RecipeError(f"{list(names)} is no order of the steps {list(strengths)}: name each of them once.")
    return applied([(name, strengths[name]) for name in names])


def table(grey: bool) -> list[dict[str, Any]]:
    """Return all steps that there are, by kind, as the page lists them."""
    return [
        {
            "kind": title,
            "steps": [
                {
                    "name": step.name,
                    "title": step.title[0].upper() + step.title[1:],
                    "summary": step.summary + (" Grey images stay as they are." if grey and step.needs_colour else ""),
                    "paper": step.paper,
                    "mixes": step.mixes,
                }
                for step in AUGMENTATIONS.values()
                if step.kind == kind
            ],
        }
        for kind, title in KINDS.items()
    ]


def rows(steps: Steps, kept: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the steps as the page shows them: one that is off has its slider where it was."""
    return [
        {
            "name": name,
            "on": strength > 0,
            "strength": strength or kept.get(name, 0.0),
            "reach": AUGMENTATIONS[name].reach(strength) if strength else "off: nothing changes",
        }
        for name, strength in applied(steps)
    ]


def sentence(steps: Steps, count: int, epoch: int) -> str:
    """Say what the steps do.

    Examples
    --------
    >>> sentence((("rotation", 0.5), ("blur", 0.0)), 12, 1)
    'Rotation (by up to 22 degrees either way). Off: blur. 12 training images, as epoch 1 draws them.'
    """
    ordered = [(AUGMENTATIONS[name], strength) for name, strength in applied(steps)]
    told = ", then ".join(f"{step.title} ({step.reach(strength)})" for step, strength in ordered if strength)
    off = ", ".join(step.title for step, strength in ordered if not strength)
    first = f"{told[0].upper()}{told[1:]}." if told else "Nothing is changed."
    images = f"{count} training image{'s' if count > 1 else ''}"
    drawn = f"as epoch {epoch} draws them" if told else "as they are"
    return " ".join([first, *([f"Off: {off}."] if off else []), f"{images}, {drawn}."])


def label_words(labels: Sequence[tuple[int, float]], classes: Sequence[str]) -> str:
    """Write a label: its class, or its classes with their shares.

    Examples
    --------
    >>> label_words([(1, 1.0)], ["cat", "dog"]), label_words([(0, 0.7), (1, 0.3)], ["cat", "dog"])
    ('dog', '70% cat, 30% dog')
    """
    if len(labels) == 1:
        return classes[labels[0][0]]
    return ", ".join(f"{share:.0%} {classes[label]}" for label, share in labels)


def code(recipe: Recipe, size: int, classes: int) -> str:
    """Write the steps of a recipe as Python that needs torch and torchvision, and how a training calls it."""
    if not any(strength for _, strength in recipe.augmentation):
        return "# No augmentation: the training images are shown as they are.\n"
    source = augmentation_source(recipe.augmentation, size, classes)
    call = (
        "# For each batch of training images, uint8 (N, C, H, W), before they are normalised; rows are their numbers\n"
        "# among the training images. Validation and test images are never augmented.\n"
        f"# images, labels = augment(images, labels, seed={recipe.seed}, epoch=epoch, rows=rows)\n"
    )
    return "\n".join(source.imports) + "\n\n\n" + source.code + "\n\n" + call


def _check_among(steps: Steps, name: str) -> None:
    if name not in dict(steps):
        raise RecipeError(f"{name!r} is not among the steps {list(dict(steps))}: add it first.")
