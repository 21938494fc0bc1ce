"""What wrong answers cost; see `LossParams`."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from napari_fncells.model.training.params import LossParams


def loss_of(logits: Tensor, cells: Tensor, weights: Tensor, params: LossParams) -> Tensor:
    """Weighted cross entropy with a share of soft Dice.

    Parameters
    ----------
    logits, cells, weights
        (N, Y, X) float: answers, share of cell, what each pixel counts.
    params
        Shares.

    Returns
    -------
    Tensor
        A scalar.
    """
    entropy = functional.binary_cross_entropy_with_logits(logits, cells, weights)
    probability = logits.sigmoid()
    overlap = 2 * (probability * cells).sum() + 1
    dice = 1 - overlap / (probability.sum() + cells.sum() + 1)
    result: Tensor = entropy + params.dice_share * dice
    return result
