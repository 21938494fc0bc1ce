"""Weights of the figures by which outlines are judged.

Fitted to real pictures by `tools/evaluate_grow.py --fit`, which writes this file.
"""

from __future__ import annotations

WEIGHTS: dict[str, float] = {
    "sol": 0.3958,
    "el": -0.2132,
    "el2": -0.1302,
    "deep": -0.2566,
    "farpos": 0.3059,
    "rimsd": -0.4876,
    "rimsdrel": -0.2414,
    "deepin": -0.4054,
    "lev": 0.1782,
    "lev2": 0.1174,
    "off": 0.01386,
    "offsd": -0.02757,
    "cons": 0.3211,
    "cons2": 0.4255,
    "dc": -0.04366,
    "dc2": -0.03081,
    "dist2": 0.08658,
    "off_lA": 0.01726,
    "cons_comp": 0.1987,
    "cons_edge": 0.1465,
}
"""Weights of `features` by name."""

PRIOR_WEIGHTS: dict[str, float] = {
    "size": -0.4603,
    "offset": -0.3087,
    "level": -0.1369,
    "compactness": -0.1142,
    "inner": -0.2014,
    "outer": -0.4868,
}
"""Weights of `OutlinePrior.misfit` by name."""
