"""The c-ResUnet as one writes it down with torch: eager, float32, channels first, whole pictures.

What the speed figures of models are compared with. The layers and their order are those of the
authors' port; nothing works in place and no memory layout is chosen.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from napari_fncells.model.values import Values

_EPSILON = 1e-3


class LiteralNetwork:
    """Prediction by the book.

    Parameters
    ----------
    values
        By the names of the layout.
    """

    def __init__(self, values: Values) -> None:
        self.values = {name: torch.tensor(value) for name, value in values.items()}

    def predict(self, image: NDArray[np.uint8], reduction: int = 1) -> NDArray[np.float32]:
        """Probabilities (Y, X) of an (Y, X, 3) uint8 picture, sides multiples of 8 as seen."""
        with torch.no_grad():
            x = torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32) / 255)[None]
            if reduction > 1:
                x = functional.avg_pool2d(x, reduction)
            logits = self.network(x)
            if reduction > 1:
                logits = functional.interpolate(
                    logits, scale_factor=reduction, mode="bilinear", align_corners=False
                )
            return torch.sigmoid(logits)[0, 0].numpy()

    def network(self, x: Tensor) -> Tensor:
        """Logits (1, 1, Y, X)."""
        first = self._path(self._conv(x, "encoder.colorspace"), "encoder.conv_block")
        second = self._residual(functional.max_pool2d(first, 2), "encoder.residual_block1")
        third = self._residual(functional.max_pool2d(second, 2), "encoder.residual_block2")
        x = functional.max_pool2d(third, 2)
        for number in (1, 2):
            x = self._residual(x, f"encoder.bottleneck.residual_block{number}")
        for number, skip in enumerate((third, second, first), start=1):
            x = self._ascent(x, skip, f"decoder.upconv_block{number}")
        return self._conv(x, "head.heatmap.conv2d")

    def _conv(self, x: Tensor, name: str) -> Tensor:
        kernel = self.values[f"{name}.weight"]
        bias = self.values[f"{name}.bias"]
        return functional.conv2d(x, kernel, bias, padding=kernel.shape[-1] // 2)

    def _norm_elu(self, x: Tensor, name: str) -> Tensor:
        weight, bias, mean, variance = (
            self.values[f"{name}.{part}"]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return functional.elu(functional.batch_norm(x, mean, variance, weight, bias, eps=_EPSILON))

    def _path(self, x: Tensor, name: str) -> Tensor:
        block = f"{name}.conv_block"
        x = self._conv(self._norm_elu(x, f"{block}.batchnorm2d_0"), f"{block}.conv2d_2")
        return self._conv(self._norm_elu(x, f"{block}.batchnorm2d_3"), f"{block}.conv2d_5")

    def _residual(self, x: Tensor, name: str) -> Tensor:
        point = f"{name}.id_path.conv2d_1"
        shortcut = self._conv(x, point) if f"{point}.weight" in self.values else x
        return self._path(x, f"{name}.conv_path") + shortcut

    def _ascent(self, x: Tensor, skip: Tensor, name: str) -> Tensor:
        up = f"{name}.id_path.up_conv"
        x = functional.conv_transpose2d(
            x, self.values[f"{up}.weight"], self.values[f"{up}.bias"], stride=2
        )
        return self._path(torch.cat([x, skip], dim=1), f"{name}.conv_path") + x
