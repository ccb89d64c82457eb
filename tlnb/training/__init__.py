"""Recipe + data + backbone -> run: how a network is fine-tuned, and that what is frozen stays frozen."""

from tlnb.core.setting_values import Settings
from tlnb.core.settings import Choice, Number, Switch, Weights
from tlnb.training.assess import TestOutputs
from tlnb.training.background import BackgroundRun, start
from tlnb.training.confidence import ConfidenceFall
from tlnb.training.events import EpochDone, EpochRecord, Event, Finished, Started, StepDone, Stopping, Thawed
from tlnb.training.fit import fit, train
from tlnb.training.freezing_cost import FreezingCost, StageCost, freezing_cost
from tlnb.training.gradient_ratios import GradientRatios, gradient_ratios
from tlnb.training.heads import fit_many
from tlnb.training.layer_plan import LayerPlan
from tlnb.training.method import Method, MethodStep, MethodTraining
from tlnb.training.method_at_work import MethodRecord
from tlnb.training.movement import Movement, layer_movement, weight_movement
from tlnb.training.range_test.finding import find_rates
from tlnb.training.range_test.sweep import RateSweep
from tlnb.training.rate_curves import RateCurves
from tlnb.training.recipe import Recipe
from tlnb.training.recipe.schedule_options import SCHEDULES
from tlnb.training.run import Prediction, Run, RunCost
from tlnb.training.seen import SeenImages
from tlnb.training.steering import Steered, Steering
from tlnb.training.step_speed import GroupSeconds, StepSpeed, measure_speed
from tlnb.training.weight_path import WeightPath

__all__ = [
    "SCHEDULES",
    "BackgroundRun",
    "Choice",
    "ConfidenceFall",
    "EpochDone",
    "EpochRecord",
    "Event",
    "Finished",
    "FreezingCost",
    "GradientRatios",
    "GroupSeconds",
    "LayerPlan",
    "Method",
    "MethodRecord",
    "MethodStep",
    "MethodTraining",
    "Movement",
    "Number",
    "Prediction",
    "RateCurves",
    "RateSweep",
    "Recipe",
    "Run",
    "RunCost",
    "SeenImages",
    "Settings",
    "StageCost",
    "Started",
    "Steered",
    "Steering",
    "StepDone",
    "StepSpeed",
    "Stopping",
    "Switch",
    "TestOutputs",
    "Thawed",
    "WeightPath",
    "Weights",
    "find_rates",
    "fit",
    "fit_many",
    "freezing_cost",
    "gradient_ratios",
    "layer_movement",
    "measure_speed",
    "start",
    "train",
    "weight_movement",
]
