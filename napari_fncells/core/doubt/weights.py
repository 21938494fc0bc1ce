"""Weights by which cells are doubted, and missed ones are likely.

Fitted to real and simulated pictures by `tools/fit_doubt.py`, which writes the numbers.
"""

from __future__ import annotations

CELL_WEIGHTS: dict[str, float] = {
    "likeness": 0.4731,
    "probability": -0.4259,
    "likeness margin": -0.1951,
    "probability margin": -0.5887,
    "height margin": -0.3297,
    "contrast": -0.1043,
    "dim": 0.6344,
    "bright": -0.9849,
    "small": 0.8604,
    "large": 0.4659,
    "solidity": -6.366,
    "haze": 0.21,
    "unevenness": 0.5055,
    "sharpness": -0.08863,
    "contact": 3.327,
    "border": 0.3024,
    "elongation": -0.4158,
    "number": -0.4984,
    "usual contrast": -0.1571,
    "usual haze": 2.092,
    "1": 6.55,
}
"""Of what makes a drafted cell wrong."""

CANDIDATE_WEIGHTS: dict[str, float] = {
    "likeness": -0.8478,
    "probability": 0.04794,
    "likeness margin": 0.4282,
    "probability margin": 1.789,
    "height margin": 3.571,
    "dim": -0.6845,
    "bright": 0.142,
    "small": -0.2568,
    "elongation": 0.3297,
    "haze": 0.4272,
    "usual contrast": 0.1798,
    "usual haze": -0.7583,
    "1": 1.177,
}
"""Of what makes a candidate a cell."""
