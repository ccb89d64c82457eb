"""Networks in: weights and where they come from, layer groups, features, costs.

Names are lazy, as those of ``tlnb``: which weights are here, and whether the hub answers, can be said without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlnb.core.lazy import lazy_names

if TYPE_CHECKING:  # what __getattr__ finds at run time, for type checkers and editors
    from tlnb.backbones.activation_maps import activations, show_activations
    from tlnb.backbones.blocks import Anatomy, Arc, Block, Layer, anatomy
    from tlnb.backbones.cards import ModelCard, Preprocessing, WeightsOrigin, model_card
    from tlnb.backbones.catalogue import ListedModel, find_models, models_here
    from tlnb.backbones.changes import map_changes
    from tlnb.backbones.cost import CostCard, cost_card
    from tlnb.backbones.create import create_model, with_new_head
    from tlnb.backbones.features import extract_features
    from tlnb.backbones.filters import WeightHistograms, first_filters, weight_histograms
    from tlnb.backbones.grad_cam import class_activation
    from tlnb.backbones.groups import LayerGroup, layer_groups
    from tlnb.backbones.heads import head_module, head_name
    from tlnb.backbones.maps import MapLayer, layer_maps, map_layers
    from tlnb.backbones.modes import evaluating
    from tlnb.backbones.occlusion import occluded, occlusion_scores
    from tlnb.backbones.receptive import ReceptiveField, receptive_fields
    from tlnb.backbones.stored import extract_layers, layer_means
    from tlnb.backbones.twins import twin_of

# Public name -> the module in this folder that defines it. None may be called as a module is.
_HOMES = {
    "Anatomy": "blocks",
    "Arc": "blocks",
    "Block": "blocks",
    "CostCard": "cost",
    "Layer": "blocks",
    "LayerGroup": "groups",
    "ListedModel": "catalogue",
    "MapLayer": "maps",
    "ModelCard": "cards",
    "Preprocessing": "cards",
    "ReceptiveField": "receptive",
    "WeightHistograms": "filters",
    "WeightsOrigin": "cards",
    "activations": "activation_maps",
    "anatomy": "blocks",
    "class_activation": "grad_cam",
    "cost_card": "cost",
    "create_model": "create",
    "evaluating": "modes",
    "extract_features": "features",
    "extract_layers": "stored",
    "find_models": "catalogue",
    "first_filters": "filters",
    "head_module": "heads",
    "head_name": "heads",
    "layer_groups": "groups",
    "layer_maps": "maps",
    "layer_means": "stored",
    "map_changes": "changes",
    "map_layers": "maps",
    "model_card": "cards",
    "models_here": "catalogue",
    "occluded": "occlusion",
    "occlusion_scores": "occlusion",
    "receptive_fields": "receptive",
    "show_activations": "activation_maps",
    "twin_of": "twins",
    "weight_histograms": "filters",
    "with_new_head": "create",
}

__all__ = [
    "Anatomy",
    "Arc",
    "Block",
    "CostCard",
    "Layer",
    "LayerGroup",
    "ListedModel",
    "MapLayer",
    "ModelCard",
    "Preprocessing",
    "ReceptiveField",
    "WeightHistograms",
    "WeightsOrigin",
    "activations",
    "anatomy",
    "class_activation",
    "cost_card",
    "create_model",
    "evaluating",
    "extract_features",
    "extract_layers",
    "find_models",
    "first_filters",
    "head_module",
    "head_name",
    "layer_groups",
    "layer_maps",
    "layer_means",
    "map_changes",
    "map_layers",
    "model_card",
    "models_here",
    "occluded",
    "occlusion_scores",
    "receptive_fields",
    "show_activations",
    "twin_of",
    "weight_histograms",
    "with_new_head",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
