"""Drafts by name."""

from __future__ import annotations

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params.clean_up import CleanUpParams
from napari_fncells.core.params.cutoff import TYPICAL_AMOUNTS, CutoffParams
from napari_fncells.core.params.draft import DraftParams
from napari_fncells.core.params.score import ScoreParams

AUTO = "auto"
MEAN_SD = "mean-sd"
FNC_V1_DRAFT = "fnc-v1-draft"
FNC_V1_BASELINE = "fnc-v1-baseline"

PRESETS: dict[str, DraftParams] = {
    AUTO: DraftParams(cutoff=CutoffParams(method="likeness", amount=TYPICAL_AMOUNTS["likeness"])),
    MEAN_SD: DraftParams(
        score=ScoreParams(channel="auto", smoothing=2.5),
        cutoff=CutoffParams(method="mean_sd", amount=3.0),
        clean_up=CleanUpParams(
            opening=7, hole_area=600, min_area=300, split="distance", split_depth=2.5
        ),
    ),
    FNC_V1_DRAFT: DraftParams(
        score=ScoreParams(channel="luminance", smoothing=7.0),
        cutoff=CutoffParams(method="percentile", amount=97.0),
    ),
    FNC_V1_BASELINE: DraftParams(
        score=ScoreParams(channel="luminance", smoothing=0.0),
        cutoff=CutoffParams(method="percentile", amount=99.4),
        clean_up=CleanUpParams(hole_area=600, min_area=200, split="fnc_v1"),
    ),
}
"""Named drafts.

'auto' judges pieces of all levels by their likeness to a cell; 'mean-sd' is a plain threshold with
the clean-up that suited FNC pictures best. 'fnc-v1-draft' is the recipe of the data set's authors
(Clissa 2022, p. 310): Gaussian sigma 7, then the 97th percentile of the picture's grey values, no
clean-up. 'fnc-v1-baseline' is what they compare their networks with (p. 410, 461): the 99.4th
percentile of the grey values, then the clean-up and splitting of their predictions."""

PRESET_TITLES: dict[str, str] = {
    AUTO: "Auto (recommended)",
    MEAN_SD: "Mean + SD, cleaned",
    FNC_V1_DRAFT: "FNC v1 draft (the authors' recipe)",
    FNC_V1_BASELINE: "FNC v1 baseline (percentile, cleaned)",
}


def preset(name: str) -> DraftParams:
    """Return the parameters of a named draft.

    Raises
    ------
    ParameterError
        For a name that no preset has.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise ParameterError(
            f"There is no draft method named {name!r}.", f"Known are: {', '.join(PRESETS)}."
        ) from None
