"""The c-ResUnet of Morelli et al. (2021), as published with the Fluorescent Neuronal Cells.

A U-net of residual blocks at four scales, with 5x5 convolutions at the deepest. Names of the
parts are those of the authors' port to PyTorch, so that its state dicts load; the head gives one
logit where theirs gives the pair [1 - p, p].
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_fncells.model.layout import WIDTHS

# Keras' defaults, with which the published weights were trained
_EPSILON = 1e-3
_MOMENTUM = 0.01


class ConvPath(nn.Module):
    """Twice: batch normalisation, ELU, convolution."""

    def __init__(self, inner: int, outer: int, side: int) -> None:
        super().__init__()
        self.conv_block = nn.ModuleDict(
            {
                "batchnorm2d_0": nn.BatchNorm2d(inner, _EPSILON, _MOMENTUM),
                "conv2d_2": nn.Conv2d(inner, outer, side, padding=side // 2),
                "batchnorm2d_3": nn.BatchNorm2d(outer, _EPSILON, _MOMENTUM),
                "conv2d_5": nn.Conv2d(outer, outer, side, padding=side // 2),
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, inner, Y, X) to (N, outer, Y, X)."""
        norm_1, conv_1, norm_2, conv_2 = self.conv_block.values()
        # A normalisation's result is nobody else's, so that ELU may work in place
        x = conv_1(functional.elu(norm_1(x), inplace=True))
        result: Tensor = conv_2(functional.elu(norm_2(x), inplace=True))
        return result


class ResidualBlock(nn.Module):
    """A path of convolutions, and its input added to what comes out.

    Parameters
    ----------
    inner, outer
        Channels. Where they differ the input passes a convolution of 1x1.
    side
        Side of the convolutions, odd.
    """

    def __init__(self, inner: int, outer: int, side: int = 3) -> None:
        super().__init__()
        self.conv_path = ConvPath(inner, outer, side)
        shortcut = {} if inner == outer else {"conv2d_1": nn.Conv2d(inner, outer, 1)}
        self.id_path = nn.ModuleDict(shortcut)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inner, Y, X) to (N, outer, Y, X)."""
        shortcut = x
        for layer in self.id_path.values():
            shortcut = layer(shortcut)
        result: Tensor = self.conv_path(x) + shortcut
        return result


class UpBlock(nn.Module):
    """Upsampled input beside that of the same scale on the way down, and added to the result."""

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.id_path = nn.ModuleDict({"up_conv": nn.ConvTranspose2d(inner, outer, 2, stride=2)})
        self.conv_path = ConvPath(2 * outer, outer, 3)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(N, inner, Y, X) and (N, outer, 2Y, 2X) to (N, outer, 2Y, 2X)."""
        upsampled = self.id_path["up_conv"](x)
        result: Tensor = self.conv_path(torch.cat([upsampled, skip], dim=1)) + upsampled
        return result


class Encoder(nn.Module):
    """From a colour picture to the deepest scale."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, deepest = WIDTHS
        self.colorspace = nn.Conv2d(3, 1, 1)
        self.conv_block = ConvPath(1, first, 3)
        self.residual_block1 = ResidualBlock(first, second)
        self.residual_block2 = ResidualBlock(second, third)
        self.bottleneck = nn.Sequential()
        self.bottleneck.add_module("residual_block1", ResidualBlock(third, deepest, 5))
        self.bottleneck.add_module("residual_block2", ResidualBlock(deepest, deepest, 5))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The deepest values, and those of the scales above, from the top."""
        first = self.conv_block(self.colorspace(x))
        second = self.residual_block1(functional.max_pool2d(first, 2))
        third = self.residual_block2(functional.max_pool2d(second, 2))
        return self.bottleneck(functional.max_pool2d(third, 2)), [first, second, third]


class Decoder(nn.Module):
    """Back to full resolution."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, deepest = WIDTHS
        self.upconv_block1 = UpBlock(deepest, third)
        self.upconv_block2 = UpBlock(third, second)
        self.upconv_block3 = UpBlock(second, first)

    def forward(self, x: Tensor, skips: list[Tensor]) -> Tensor:
        """Values of the first scale."""
        first, second, third = skips
        x = self.upconv_block1(x, third)
        x = self.upconv_block2(x, second)
        result: Tensor = self.upconv_block3(x, first)
        return result


class CResUnet(nn.Module):
    """The whole network: 1,709,177 values, 1,707,287 of them trained by gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder()
        conv = nn.ModuleDict({"conv2d": nn.Conv2d(WIDTHS[0], 1, 1)})
        self.head = nn.ModuleDict({"heatmap": conv})
        self.apply(_begin)

    def forward(self, x: Tensor) -> Tensor:
        """Logit of 'cell' for each pixel.

        Parameters
        ----------
        x
            (N, 3, Y, X) float, red, green, blue; Y and X multiples of 8.

        Returns
        -------
        Tensor
            (N, 1, Y, X).
        """
        deepest, skips = self.encoder(x)
        result: Tensor = self.head["heatmap"]["conv2d"](self.decoder(deepest, skips))
        return result


def _begin(layer: nn.Module) -> None:
    """Values to begin training with: He et al. (2015), as in the published training."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
