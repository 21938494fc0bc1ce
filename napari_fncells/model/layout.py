"""Names and shapes of the values of a c-ResUnet, known without torch.

They are those of the authors' own port to PyTorch (clissa/fluocells-scientific-data), so that
its state dicts fit as they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

Shape = tuple[int, ...]

WIDTHS = (16, 32, 64, 128)
"""Channels of the four scales, from full resolution down."""
HEAD = "head.heatmap.conv2d"
COUNTER = "num_batches_tracked"
"""How often a normalisation was trained; of no use in prediction, and often left out."""
NORM_PARTS = ("weight", "bias", "running_mean", "running_var")


@cache
def value_shapes() -> dict[str, Shape]:
    """Shape of each value by its name, in the order of the network."""
    first, second, third, deepest = WIDTHS
    shapes: dict[str, Shape] = {}
    shapes |= _conv("encoder.colorspace", 3, 1, 1)
    shapes |= _conv_path("encoder.conv_block", 1, first, 3)
    shapes |= _residual("encoder.residual_block1", first, second, 3)
    shapes |= _residual("encoder.residual_block2", second, third, 3)
    shapes |= _residual("encoder.bottleneck.residual_block1", third, deepest, 5)
    shapes |= _conv_path("encoder.bottleneck.residual_block2.conv_path", deepest, deepest, 5)
    for number, (inner, outer) in enumerate(_ascents(), start=1):
        name = f"decoder.upconv_block{number}"
        shapes |= {
            f"{name}.id_path.up_conv.weight": (inner, outer, 2, 2),
            f"{name}.id_path.up_conv.bias": (outer,),
        }
        # The upsampled values and those of the same scale on the way down
        shapes |= _conv_path(f"{name}.conv_path", 2 * outer, outer, 3)
    return shapes | _conv(HEAD, first, 1, 1)


def layers(kind: str) -> list[str]:
    """Names of the layers of one kind, in the order in which a picture passes them.

    Parameters
    ----------
    kind
        'norm', 'wide' (convolutions of 3x3 and 5x5), 'point' (of 1x1) or 'up'. Within a kind
        each layer depends on the one before, so that their order is the same in any program.
    """
    return [
        name.removesuffix(".weight")
        for name in value_shapes()
        if name.endswith(".weight") and _kind(name) == kind
    ]


def _kind(weight: str) -> str:
    shape = value_shapes()[weight]
    if len(shape) == 1:
        return "norm"
    if "up_conv" in weight:
        return "up"
    return "point" if shape[-1] == 1 else "wide"


def _ascents() -> Iterator[tuple[int, int]]:
    upwards = WIDTHS[::-1]
    return itertools.pairwise(upwards)


def _conv(name: str, inner: int, outer: int, side: int) -> dict[str, Shape]:
    return {f"{name}.weight": (outer, inner, side, side), f"{name}.bias": (outer,)}


def _norm(name: str, width: int) -> dict[str, Shape]:
    return {f"{name}.{part}": (width,) for part in NORM_PARTS} | {f"{name}.{COUNTER}": ()}


def _conv_path(name: str, inner: int, outer: int, side: int) -> dict[str, Shape]:
    block = f"{name}.conv_block"
    return (
        _norm(f"{block}.batchnorm2d_0", inner)
        | _conv(f"{block}.conv2d_2", inner, outer, side)
        | _norm(f"{block}.batchnorm2d_3", outer)
        | _conv(f"{block}.conv2d_5", outer, outer, side)
    )


def _residual(name: str, inner: int, outer: int, side: int) -> dict[str, Shape]:
    return _conv_path(f"{name}.conv_path", inner, outer, side) | _conv(
        f"{name}.id_path.conv2d_1", inner, outer, 1
    )
