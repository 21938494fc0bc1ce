"""Weights by which cells are doubted, and missed ones are likely.

Fitted to real and simulated pictures by `tools/fit_doubt.py`, which writes the numbers.
"""

from __future__ import annotations

CELL_WEIGHTS: dict[str, float] = {
    "likeness": 0.2391,
    "probability": -0.4156,
    "likeness margin": -0.1783,
    "probability margin": -0.65,
    "height margin": -0.5147,
    "contrast": 0.1392,
    "dim": 0.604,
    "bright": -1.035,
    "small": 0.8895,
    "large": 0.4888,
    "solidity": -6.137,
    "haze": 0.2681,
    "unevenness": 0.4389,
    "sharpness": -0.3179,
    "contact": 3.146,
    "border": -0.08674,
    "elongation": -0.4268,
    "number": -0.4502,
    "usual contrast": -0.3417,
    "usual haze": 2.018,
    "left_out": 1.857,
    "compared": -0.6094,
    "1": 6.343,
}
"""Of what makes a drafted cell wrong."""

CANDIDATE_WEIGHTS: dict[str, float] = {
    "likeness": -1.159,
    "probability": 0.06282,
    "likeness margin": 0.4417,
    "probability margin": 2.19,
    "height margin": 4.18,
    "dim": -0.7189,
    "bright": -0.03293,
    "small": -0.276,
    "elongation": 0.3966,
    "haze": 0.5301,
    "usual contrast": 0.1915,
    "usual haze": -0.7835,
    "1": 1.448,
}
"""Of what makes a candidate a cell."""
