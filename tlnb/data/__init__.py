"""Images in: finding, decoding and dividing them, and saying where they come from."""

from __future__ import annotations

from tlnb.data.cards import DataCard, Problem
from tlnb.data.decode import decode_image
from tlnb.data.images import ImageData
from tlnb.data.loading import load_data
from tlnb.data.splits import Splits, split_images
from tlnb.data.subset import Subset
from tlnb.data.summary import DataSummary

__all__ = [
    "DataCard",
    "DataSummary",
    "ImageData",
    "Problem",
    "Splits",
    "Subset",
    "decode_image",
    "load_data",
    "split_images",
]
