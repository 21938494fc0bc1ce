"""Weights by which cells are doubted, and missed ones are likely.

Fitted to real and simulated pictures by `tools/fit_doubt.py`, which writes the numbers.
"""

from __future__ import annotations

CELL_WEIGHTS: dict[str, float] = {
    "likeness": -0.01564,
    "probability": -0.6952,
    "likeness margin": 0.02591,
    "probability margin": -0.499,
    "height margin": -0.3001,
    "second likeness": 0.1557,
    "second probability": 0.8461,
    "second likeness level": -0.2226,
    "second probability level": -0.7407,
    "contrast": -0.1379,
    "dim": 0.4776,
    "bright": -0.8068,
    "small": 1.023,
    "large": 0.4052,
    "solidity": -8.842,
    "haze": 0.3393,
    "unevenness": 0.8352,
    "sharpness": 0.5565,
    "contact": 2.786,
    "border": -1.162,
    "elongation": -0.4887,
    "number": -0.5941,
    "usual contrast": 0.03297,
    "usual haze": 2.035,
    "1": 8.151,
}
"""Of what makes a drafted cell wrong."""

CANDIDATE_WEIGHTS: dict[str, float] = {
    "likeness": 0.07305,
    "probability": -1.682,
    "likeness level": 0.3423,
    "probability level": 0.9337,
    "height margin": 1.721,
    "second likeness": 0.3263,
    "second probability": -0.01045,
    "second likeness level": 0.3372,
    "second probability level": 0.7414,
    "stray": 0.5063,
    "contrast": 0.366,
    "dim": -0.7804,
    "bright": -0.03787,
    "small": -0.3555,
    "large": 0.6321,
    "solidity": 6.001,
    "haze": 0.03792,
    "unevenness": 0.7651,
    "sharpness": 0.8581,
    "contact": 3.339,
    "border": -2.103,
    "elongation": 0.5457,
    "number": 0.2632,
    "usual contrast": -0.0365,
    "usual haze": -0.3919,
    "1": -6.502,
}
"""Of what makes a candidate a cell."""
