"""Methods: techniques that go beyond a recipe, one file each."""

from tlnb.methods.adapters import AdaptedConv2d, add_adapters
from tlnb.methods.adda import ADDA
from tlnb.methods.coral import CORAL
from tlnb.methods.dann import DANN
from tlnb.methods.discrepancy import linear_mmd, squared_mmd
from tlnb.methods.feature_alignment import AlignedFeatures, FeatureAlignment
from tlnb.methods.low_rank import LowRankConv2d, add_low_rank, merge_low_rank
from tlnb.methods.mean_teacher import MeanTeacher
from tlnb.methods.mmd import MMD
from tlnb.methods.reversal import reversal_schedule, reverse_gradient
from tlnb.methods.self_training import SelfTraining
from tlnb.methods.statistics import adapt_statistics
from tlnb.methods.tasks import apply_task, task_bytes, task_tensors
from tlnb.methods.tent import Tent

__all__ = [
    "ADDA",
    "CORAL",
    "DANN",
    "MMD",
    "AdaptedConv2d",
    "AlignedFeatures",
    "FeatureAlignment",
    "LowRankConv2d",
    "MeanTeacher",
    "SelfTraining",
    "Tent",
    "adapt_statistics",
    "add_adapters",
    "add_low_rank",
    "apply_task",
    "linear_mmd",
    "merge_low_rank",
    "reversal_schedule",
    "reverse_gradient",
    "squared_mmd",
    "task_bytes",
    "task_tensors",
]
