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
    """The model behind a plain product and sum: `Preprocessing.normalise` is made for speed, not for every exporter."""

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, model: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.model = model
        mean, std = torch.tensor(preprocessing.mean), torch.tensor(preprocessing.std)
        self.register_buffer("scale", (1 / (255 * std)).view(1, 3, 1, 1))
        self.register_buffer("shift", (-mean / std).view(1, 3, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        # (N, 1 or 3, H, W) * (1, 3, 1, 1): grey becomes three channels by itself
        return self.model(images.float() * self.scale + self.shift)


def export_onnx(run: Run, path: Path) -> Path:
    """Write a run's model as ONNX: uint8 ``(N, C, H, W)`` in, logits ``(N, classes)`` out, any N.

    Raises
    ------
    TlnbError
        If the packages that write ONNX are not installed, or torch's exporter cannot write this model.
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
        try:
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
        except Exception as error:  # torch 2.6 with a newer onnxscript, say; what it raises is not documented
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise TlnbError(
                f"torch {torch.__version__} could not write this model as ONNX ({reason}). A newer torch may: "
                "pip install -U torch onnx onnxscript."
            ) from error
    return path
