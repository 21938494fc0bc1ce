"""Simulated fluorescence pictures with instance truth."""

from __future__ import annotations

from napari_fncells.core.simulate.canvas import Distractor
from napari_fncells.core.simulate.kinds import KINDS
from napari_fncells.core.simulate.params import SimulationParams
from napari_fncells.core.simulate.scene import Simulation, simulate, simulate_image

__all__ = [
    "KINDS",
    "Distractor",
    "Simulation",
    "SimulationParams",
    "simulate",
    "simulate_image",
]
