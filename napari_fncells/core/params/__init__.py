"""Parameters of a draft: one definition for the window, the command line and the record.

Each class is a frozen pydantic model. A field carries its default, range, unit and help, from
which the form in the window, the `--set` option and the saved provenance are all made.
"""

from napari_fncells.core.params.base import Params, counts, field_facts
from napari_fncells.core.params.clean_up import CleanUpParams, SplitMethod
from napari_fncells.core.params.cutoff import (
    LOCAL_METHODS,
    TYPICAL_AMOUNTS,
    CutoffMethod,
    CutoffParams,
)
from napari_fncells.core.params.draft import DraftParams, Unit
from napari_fncells.core.params.presets import (
    AUTO,
    FNC_V1_BASELINE,
    FNC_V1_DRAFT,
    MEAN_SD,
    PRESET_TITLES,
    PRESETS,
    preset,
)
from napari_fncells.core.params.score import BlobMethod, Channel, GroundMethod, ScoreParams

__all__ = [
    "AUTO",
    "FNC_V1_BASELINE",
    "FNC_V1_DRAFT",
    "LOCAL_METHODS",
    "MEAN_SD",
    "PRESETS",
    "PRESET_TITLES",
    "TYPICAL_AMOUNTS",
    "BlobMethod",
    "Channel",
    "CleanUpParams",
    "CutoffMethod",
    "CutoffParams",
    "DraftParams",
    "GroundMethod",
    "Params",
    "ScoreParams",
    "SplitMethod",
    "Unit",
    "counts",
    "field_facts",
    "preset",
]
