"""A torch of a page, for what a real one does only on other machines."""

from __future__ import annotations

from pathlib import Path

_TORCH = """
__version__ = "2.99.0"

class version:
    cuda = {cuda!r}
    hip = None

class _Number:
    def __init__(self, value): self.value = value
    def sum(self): return self
    def item(self): return self.value
    def tolist(self): return self.value

def get_num_threads(): return {threads}
def ones(*shape, device): return device
def tensor(values): return values

class nn:
    class functional:
        def conv2d(pixels, weights):
            if pixels != "cpu" and {gpu_error!r}:
                raise RuntimeError({gpu_error!r})
            return _Number({result})

class cuda:
    def is_available():
        if {wonders!r}:
            import warnings
            warnings.warn({wonders!r})
        return {gpu!r} == "cuda"
    def device_count(): return 1
    class get_device_properties:
        name = "GeForce Test"
        total_memory = 8_000_000_000
        def __init__(self, number): pass

class backends:
    class mps:
        def is_available(): return {gpu!r} == "mps"
"""
_TORCHVISION = """
import torch
__version__ = "0.99.0"

class ops:
    def nms(boxes, scores, threshold): return torch._Number({kept})
"""
_AS_IT_SHOULD = {
    "cuda": None,
    "threads": 2,
    "gpu": None,
    "gpu_error": "",
    "wonders": "",
    "result": 1944.0,
    "kept": [0, 2],
}


def write_torch(folder: Path, code: str = "", vision: str = "", **options: object) -> None:
    """Write torch and torchvision into a folder: as they should be, but for the options, or with code of one's own."""
    chosen = {**_AS_IT_SHOULD, **options}
    (folder / "torch.py").write_text(code or _TORCH.format(**chosen), encoding="utf-8")
    (folder / "torchvision.py").write_text(vision or _TORCHVISION.format(**chosen), encoding="utf-8")
