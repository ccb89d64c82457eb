"""What a network says of images, computed once and kept: for training on it, for classifiers, for looking at it."""

from __future__ import annotations

from tlnb.backbones.stored.features import StoredFeatures
from tlnb.backbones.stored.key import body_digest, feature_key
from tlnb.backbones.stored.layers import extract_layers
from tlnb.backbones.stored.means import layer_means

__all__ = ["StoredFeatures", "body_digest", "extract_layers", "feature_key", "layer_means"]
