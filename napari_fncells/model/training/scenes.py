"""Parameters of simulated pictures, drawn so widely that real ones lie among them."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.simulate import KINDS, SimulationParams

SHARES = {
    "sparse": 0.24,
    "crowded": 0.16,
    "artefacts": 0.12,
    "dim": 0.08,
    "red": 0.22,
    "green": 0.1,
    "empty": 0.08,
}
"""How often a picture begins from each kind."""

_FACTORS = {
    "cell_count": 0.5,
    "cell_area_px": 0.3,
    "cell_brightness": 0.35,
    "visible_contrast": 0.2,
    "processes": 0.5,
    "process_length_px": 0.5,
    "focus_blur_px": 0.25,
    "halo": 0.35,
    "out_of_focus_count": 0.6,
    "neurite_count": 0.8,
    "debris_count": 0.7,
    "dark_hole_count": 0.6,
    "ground_level": 0.45,
    "ground_texture": 0.35,
    "dark_speck_count": 0.5,
    "read_noise": 0.3,
    "shot_noise": 0.3,
    "granularity": 0.5,
    "nucleus_dimming": 0.4,
    "outline_wobble_px": 0.3,
    "irregularity": 0.3,
    "cell_area_spread": 0.2,
}
"""Standard deviation of the logarithm of what a kind's number is multiplied by."""
_SHIFTS = {
    "outline_offset_px": 1.5,
    "elongation": 0.15,
    "clump_share": 0.15,
    "gathered_share": 0.2,
    "brightness_spread": 0.12,
    "illumination_unevenness": 0.2,
}
"""Standard deviation of what is added."""
_CHANCES = {"tissue_edge": 0.25, "stripe": 0.06, "macaroni": 0.06}
_FILAMENT_CHANCE = 0.3
_MOST_FILAMENTS = 14


def draw_scene(seed: int) -> SimulationParams:
    """Parameters of one picture; the same seed gives the same.

    Fibres, filaments, blur, ground, noise and where the expert draws the outline vary far more
    than within a kind, so that a network learns none of them by heart (Tobin et al. 2017).
    """
    rng = np.random.default_rng((seed, 1))
    kinds = list(SHARES)
    base = KINDS[kinds[rng.choice(len(kinds), p=list(SHARES.values()))]]
    changed: dict[str, float | bool] = {}
    for name, spread in _FACTORS.items():
        changed[name] = _within(name, getattr(base, name) * np.exp(rng.normal(0.0, spread)))
    for name, spread in _SHIFTS.items():
        changed[name] = _within(name, getattr(base, name) + rng.normal(0.0, spread))
    for name, chance in _CHANCES.items():
        changed[name] = bool(getattr(base, name) or rng.random() < chance)
    if not base.filament_count and rng.random() < _FILAMENT_CHANCE:
        changed["filament_count"] = float(rng.uniform(1, _MOST_FILAMENTS))
    return SimulationParams.model_validate(base.model_dump() | changed)


def _within(name: str, value: float) -> float:
    """The value, brought into the range of a field."""
    for rule in SimulationParams.model_fields[name].metadata:
        value = max(value, getattr(rule, "ge", value))
        value = min(value, getattr(rule, "le", value))
    return float(value)
