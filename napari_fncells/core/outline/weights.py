"""Weights of the figures by which outlines are judged.

Fitted to real and simulated pictures by `tools/evaluate_grow.py --fit`, which writes the numbers.
"""

from __future__ import annotations

WEIGHTS: dict[str, float] = {
    "solidity": 0.4412,
    "roundness": -0.2041,
    "roundness²": -0.1164,
    "core": -0.1981,
    "brighter_beyond": -0.2398,
    "rim_spread": -0.5175,
    "rim_unevenness": -0.2857,
    "core_rise": -0.5497,
    "level": 0.1173,
    "level²": 0.09356,
    "edge_place": 0.002809,
    "edge_spread": -0.03365,
    "agreement": 0.2991,
    "close_agreement": 0.4636,
    "off_centre": -0.03848,
    "off_centre²": -0.02309,
    "click_depth²": 0.07394,
    "edge_place x size": 0.009014,
    "agreement x compactness": 0.1792,
    "agreement x steepness": 0.1601,
}
"""Weights of `features` by name."""

PRIOR_WEIGHTS: dict[str, float] = {
    "size": -1.048,
    "offset": -0.5954,
    "level": -0.09576,
    "compactness": -0.1373,
    "inner": -0.5393,
    "outer": -0.5536,
}
"""Weights of `OutlinePrior.misfit` by name."""
