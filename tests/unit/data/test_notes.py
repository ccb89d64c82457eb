"""What was loaded, split, extracted and classified is noted by the functions that did it."""

from __future__ import annotations

import numpy as np
import torch

import tlnb
from tlnb.core.used import snapshot, used_since
from tlnb.evaluation import probe_scores

PIXELS, LABELS = torch.zeros(40, 1, 32, 32, dtype=torch.uint8), torch.arange(40) % 2


def test_a_folder_is_noted_as_one_and_not_by_its_name(image_folder):
    before = snapshot()
    images = tlnb.load_data(image_folder, size=16, progress=False)
    assert used_since(before) == {"data": ["folder"], "splitter": ["stratified"]}
    assert images.used_as == "folder" and images.card.name == "pictures"


def test_a_named_set_is_noted_by_its_name_and_nothing_is_split():
    before = snapshot()
    tlnb.load_data("photos", size=16, progress=False)
    assert used_since(before) == {"data": ["photos"]}


def test_groups_kept_whole_are_noted_and_a_given_split_is_not():
    before = snapshot()
    images = tlnb.ImageData.from_tensors(PIXELS, LABELS, ["a", "b"], groups=np.arange(40) // 2)
    assert used_since(before) == {"splitter": ["groups kept whole"]}
    before = snapshot()
    images.resplit(test=0.0, valid=0.0)
    assert used_since(before) == {}


def test_models_features_and_probes_are_noted():
    images = tlnb.ImageData.from_tensors(PIXELS, LABELS, ["a", "b"])
    before = snapshot()
    model = tlnb.create_model("test_resnet", images, weights="random")
    assert used_since(before) == {"model": ["test_resnet"]}
    before = snapshot()
    features = tlnb.extract_features(model, images.images)
    assert used_since(before) == {"method": ["feature extraction"]}
    before = snapshot()
    probe_scores(features, images, seeds=[0])
    assert used_since(before) == {"method": ["logistic regression"], "splitter": ["stratified"]}
