"""Networks in: weights and where they come from, layer groups, features, costs."""

from tlnb.backbones.cards import ModelCard, Preprocessing, WeightsOrigin, model_card
from tlnb.backbones.create import create_model
from tlnb.backbones.groups import LayerGroup, layer_groups
from tlnb.backbones.heads import head_module, head_name

__all__ = [
    "LayerGroup",
    "ModelCard",
    "Preprocessing",
    "WeightsOrigin",
    "create_model",
    "head_module",
    "head_name",
    "layer_groups",
    "model_card",
]
