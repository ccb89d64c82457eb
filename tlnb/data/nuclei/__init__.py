"""One real microscopy image with 125 nuclei, in tiles: for segmentation and detection.

The image lies beside this code, repackaged from PyPI ``stardist`` by ``tools/build_nuclei.py``; whose it is and on what
terms is in ``NOTICE.md``.
"""

from __future__ import annotations

from tlnb.data.nuclei.nuclei import Nuclei, NucleiPart
from tlnb.data.nuclei.tiles import load_nuclei

__all__ = ["Nuclei", "NucleiPart", "load_nuclei"]
