"""A trained model as a file that runs without tlnb, its preprocessing inside."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from tlnb.backbones import Preprocessing, model_card
from tlnb.core.errors import TlnbError
from tlnb.core.files import atomic_path

if TYPE_CHECKING:
    from tlnb.training.run import Run


class _WithPreprocessing(nn.Module):
    def __init__(self, model: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.model, self.preprocessing = model, preprocessing

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.model(self.preprocessing.normalise(images))


def export_onnx(run: Run, path: Path) -> Path:
    """Write a run's model as ONNX: uint8 ``(N, C, H, W)`` in, logits ``(N, classes)`` out, any N.

    Raises
    ------
    TlnbError
        If the packages that write ONNX are not installed.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise TlnbError(
            f'{error.name} is not installed, and writing ONNX needs it: pip install "tlnb[onnx]".'
        ) from error
    module = _WithPreprocessing(copy.deepcopy(run.model).cpu(), model_card(run.model).preprocessing).eval()
    example = torch.zeros(2, run.channels, run.size, run.size, dtype=torch.uint8)
    with atomic_path(path) as temporary:
        torch.onnx.export(
            module,
            (example,),
            str(temporary),
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes={"images": {0: torch.export.Dim("n", min=1)}},
            external_data=False,
            dynamo=True,
            verbose=False,
        )
    return path
