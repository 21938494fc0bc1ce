"""Weights by which cells are doubted, and missed ones are likely.

Fitted to real and simulated pictures by `tools/fit_doubt.py`, which writes the numbers.
"""

from __future__ import annotations

CELL_WEIGHTS: dict[str, float] = {
    "likeness": -0.4508,
    "probability": -0.3054,
    "likeness margin": -0.3284,
    "probability margin": -0.8471,
    "height margin": -1.449,
    "contrast": -0.4321,
    "dim": 0.3911,
    "bright": -0.8161,
    "small": 0.7558,
    "large": 0.4746,
    "solidity": -6.696,
    "haze": 0.4082,
    "unevenness": -0.1756,
    "sharpness": -1.294,
    "contact": 3.772,
    "border": 0.9455,
    "elongation": -0.4095,
    "number": -0.2714,
    "1": 9.45,
}
"""Of what makes a drafted cell wrong."""

CANDIDATE_WEIGHTS: dict[str, float] = {
    "likeness": -0.6359,
    "probability": 0.3607,
    "likeness margin": 0.4671,
    "probability margin": 2.248,
    "height margin": 3.828,
    "dim": -0.5844,
    "bright": 0.3775,
    "small": -0.3572,
    "elongation": 0.23,
    "haze": 0.6272,
    "1": 0.9582,
}
"""Of what makes a candidate a cell."""
