"""Averages of a network's values: of those of a training, and of two trainings."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from napari_fncells.model.values import Values


def between(first: Values, second: Values, share: float) -> Values:
    """Values between those of two trainings, of which the second went on from the first.

    Parameters
    ----------
    first, second
        By the names of the layout.
    share
        Of the second, 0 to 1.

    Notes
    -----
    Where few pictures were gone on with, values between do better on others than either
    (Wortsman et al. 2022, 'Robust fine-tuning of zero-shot models').
    """
    return {
        name: value + np.float32(share) * (second[name] - value) for name, value in first.items()
    }


class Average:
    """Exponential moving average of weights and of normalisation statistics.

    Parameters
    ----------
    network
        Whose values are followed.
    decay
        Share that stays of the average at each step; less in the first steps, which are far off.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self.values: dict[str, Tensor] = {
            name: value.detach().clone() for name, value in network.state_dict().items()
        }

    @torch.no_grad()
    def follow(self, network: nn.Module, step: int) -> None:
        """Take in the values after a step, counted from 0."""
        decay = min(self._decay, (step + 1) / (step + 10))
        for name, value in network.state_dict().items():
            kept = self.values[name]
            if kept.is_floating_point():
                kept.lerp_(value, 1 - decay)
            else:
                kept.copy_(value)
