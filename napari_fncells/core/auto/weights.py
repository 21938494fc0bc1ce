"""Weights by which pieces are judged.

Fitted to real and simulated pictures by `tools/fit_auto.py`, which writes the numbers.
"""

from __future__ import annotations

PIECE_WEIGHTS: dict[str, float] = {
    "area": 0.1594,
    "elongation": 0.6811,
    "fill": 4.088,
    "roundness": -0.6586,
    "thickness": 4.155,
    "core": 0.3234,
    "border": -3.668,
    "cut": -4.699,
    "peak": 0.7396,
    "brightness": -1.058,
    "contrast": 1.862,
    "level": 4.948,
    "mean": 2.386,
    "spread": -5.709,
    "ring": -10.8,
    "crowd": -0.5979,
    "detail": 0.7072,
    "grain": 1.36,
    "step": 0.8319,
    "steepest": -2.137,
    "unevenness": 0.4263,
    "area x area": -0.8668,
    "elongation x elongation": -0.7833,
    "fill x fill": 3.516,
    "roundness x roundness": 0.1534,
    "level x level": 0.1561,
    "peak x peak": -0.2007,
    "brightness x brightness": -1.168,
    "step x step": -0.2251,
    "contrast x contrast": -0.03709,
    "thickness x thickness": -1.106,
    "crowd x crowd": 0.6634,
    "core x core": -0.2386,
    "ring x ring": -0.4793,
    "detail x detail": -2.931,
    "area x roundness": 0.1783,
    "area x level": -1.679,
    "peak x brightness": 0.5378,
    "level x step": -0.434,
    "contrast x step": 0.04092,
    "area x peak": 0.1155,
    "brightness x ring": -1.473,
    "1": 0.5853,
}
"""Of the terms of a piece by itself."""

AMONG_WEIGHTS: dict[str, float] = {
    "logit": 0.6025,
    "dimness": -0.9528,
    "top": -0.1639,
    "clear": 2.157,
    "number": 0.8898,
    "faintness": -0.01993,
    "crowd": -1.594,
    "detail": -7.003,
    "grain": 0.1875,
    "step": 0.5685,
    "dimness x top": 0.7166,
    "dimness x crowd": -0.7185,
    "1": -6.721,
}
"""Of the terms of a piece beside the others of its picture."""
