"""Images in: finding, decoding and dividing them, and saying where they come from.

Names are lazy, as those of ``tlnb``: the catalogue can be read without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlnb.core.lazy import lazy_names

if TYPE_CHECKING:  # what __getattr__ finds at run time, for type checkers and editors
    from tlnb.data.appearance import image_appearance
    from tlnb.data.cards import DataCard, Problem
    from tlnb.data.catalogue import NamedSet, all_sets, find_set
    from tlnb.data.class_splits import ClassSplit, split_classes
    from tlnb.data.decode import decode_image
    from tlnb.data.images import ImageData
    from tlnb.data.light import even_light
    from tlnb.data.loading import load_data
    from tlnb.data.moving import in_domain
    from tlnb.data.narrowed import only
    from tlnb.data.proportions import with_proportions
    from tlnb.data.quality import check_folder
    from tlnb.data.report import FolderReport
    from tlnb.data.splits import Splits, split_images
    from tlnb.data.subset import Subset
    from tlnb.data.summary import DataSummary

# Public name -> the module in this folder that defines it.
_HOMES = {
    "ClassSplit": "class_splits",
    "DataCard": "cards",
    "DataSummary": "summary",
    "FolderReport": "report",
    "ImageData": "images",
    "NamedSet": "catalogue",
    "Problem": "cards",
    "Splits": "splits",
    "Subset": "subset",
    "all_sets": "catalogue",
    "check_folder": "quality",
    "decode_image": "decode",
    "even_light": "light",
    "find_set": "catalogue",
    "image_appearance": "appearance",
    "in_domain": "moving",
    "load_data": "loading",
    "only": "narrowed",
    "split_classes": "class_splits",
    "split_images": "splits",
    "with_proportions": "proportions",
}

__all__ = [
    "ClassSplit",
    "DataCard",
    "DataSummary",
    "FolderReport",
    "ImageData",
    "NamedSet",
    "Problem",
    "Splits",
    "Subset",
    "all_sets",
    "check_folder",
    "decode_image",
    "even_light",
    "find_set",
    "image_appearance",
    "in_domain",
    "load_data",
    "only",
    "split_classes",
    "split_images",
    "with_proportions",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
