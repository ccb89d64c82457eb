"""Writes what all contenders read: pixels, labels, and weights whose head is drawn once a seed."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

import tlnb
from benchmarks.peers.task import CLASSES, MODEL
from tlnb.core.files import atomic_path

SCENES = 500  # painted; more are copies of them, each moved by another step


def prepare_elpv(folder: Path, size: int, seeds: int, train: int | None = None, valid: int | None = None) -> Path:
    """Write ELPV at a size, as tlnb divides it by default, and starts for so many seeds; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "images.safetensors").exists():
        images = tlnb.load_data("elpv", size=size)
        splits = images.splits
        fewer = dataclasses.replace(
            splits, train=splits.train[:train], valid=splits.valid[:valid], test=splits.test[:0]
        )
        dataclasses.replace(images, splits=fewer).save(folder / "images.safetensors")
    for seed in range(seeds):
        prepare_weights(folder, seed)
    return folder


def prepare_weights(folder: Path, seed: int) -> None:
    """Write the pre-trained body with a head drawn from a seed."""
    path = folder / f"weights_{seed}.safetensors"
    if not path.exists():
        model = tlnb.create_model(MODEL, CLASSES, seed=seed)
        with atomic_path(path) as temporary:
            save_file(model.state_dict(), str(temporary))


def prepare_scenes(folder: Path, count: int, size: int, weights: Path) -> Path:
    """Write so many images made from painted scenes, all for training; return the folder.

    Copies are moved round their edges, so that no two are equal. The label says whether a scene shows its first class.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "images.safetensors").exists():
        from tlnb.data.scenes import load_scenes

        painted = load_scenes(train=min(count, SCENES), valid=0, test=0, size=size).train
        found = [painted[place] for place in range(len(painted))]
        pixels = torch.stack([torch.as_tensor(image) for image, _ in found])  # (N, 3, S, S)
        labels = torch.tensor([int((target["labels"] == 1).any()) for _, target in found])
        images = torch.empty(count, *pixels.shape[1:], dtype=torch.uint8)
        for first in range(0, count, SCENES):
            moved = pixels.roll((first // SCENES, first // (SCENES * size)), dims=(2, 3))
            images[first : first + SCENES] = moved[: count - first]
        tensors = {
            "train_images": images,
            "train_labels": labels.repeat(-(-count // len(labels)))[:count].clone(),
            "valid_images": images[:0].clone(),
            "valid_labels": labels[:0].clone(),
        }
        with atomic_path(folder / "images.safetensors") as temporary:
            save_file(tensors, str(temporary))
    shutil.copy(weights, folder / weights.name)
    return folder
