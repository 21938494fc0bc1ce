"""The moving average of a network's values, which is what is kept of a training."""

from __future__ import annotations

import torch
from torch import Tensor, nn


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
