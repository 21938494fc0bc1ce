"""What computes a network: OpenVINO or torch, behind one interface."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Precision = Literal["float32", "int8", "half"]


class Run(Protocol):
    """A part of a picture that is being computed, in the background."""

    def done(self, seconds: float) -> bool:
        """Wait so long, or shorter where it is done; whether it is."""

    def result(self) -> NDArray[np.float32]:
        """Wait for the logits, (Y, X).

        Raises
        ------
        MemoryError
            The device had too little memory.
        """

    def leave(self) -> None:
        """End it soon, without a result."""


class Engine(Protocol):
    """A network with its weights, ready on a device.

    Attributes
    ----------
    title
        For people.
    precision
        In which it computes.
    """

    title: str
    precision: Precision

    def start(self, values: NDArray[np.float32]) -> Run:
        """Compute a part, (3, Y, X) float32, both sides multiples of 8.

        Raises
        ------
        MemoryError
            The device had too little memory.
        """

    def free_bytes(self) -> int:
        """Memory that parts may use where it computes."""

    def rest(self, pixels: int) -> None:
        """Give memory back after parts of up to so many pixels, where keeping it is a burden."""
