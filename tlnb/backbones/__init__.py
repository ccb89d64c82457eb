"""Networks in: weights and where they come from, layer groups, features, costs."""

from tlnb.backbones.activations import activations, show_activations
from tlnb.backbones.cards import ModelCard, Preprocessing, WeightsOrigin, model_card
from tlnb.backbones.catalogue import ListedModel, find_models, models_here
from tlnb.backbones.cost import CostCard, cost_card
from tlnb.backbones.create import create_model, with_new_head
from tlnb.backbones.features import extract_features
from tlnb.backbones.groups import LayerGroup, layer_groups
from tlnb.backbones.heads import head_module, head_name
from tlnb.backbones.modes import evaluating
from tlnb.backbones.stored import extract_layers

__all__ = [
    "CostCard",
    "LayerGroup",
    "ListedModel",
    "ModelCard",
    "Preprocessing",
    "WeightsOrigin",
    "activations",
    "cost_card",
    "create_model",
    "evaluating",
    "extract_features",
    "extract_layers",
    "find_models",
    "head_module",
    "head_name",
    "layer_groups",
    "model_card",
    "models_here",
    "show_activations",
    "with_new_head",
]
