"""The check of masks before they are exported: what may be wrong, and what mends it."""

from napari_fncells.core.quality.cells import check_cell, check_sizes, size_table
from napari_fncells.core.quality.finding import (
    BLOCKING,
    REPAIRS,
    TITLES,
    Finding,
    Kind,
    Repair,
    Severity,
    severity_of,
)
from napari_fncells.core.quality.shift import check_shift
from napari_fncells.core.quality.sizes import SizeLimits
from napari_fncells.core.quality.watch import QualityWatch

__all__ = [
    "BLOCKING",
    "REPAIRS",
    "TITLES",
    "Finding",
    "Kind",
    "QualityWatch",
    "Repair",
    "Severity",
    "SizeLimits",
    "check_cell",
    "check_shift",
    "check_sizes",
    "severity_of",
    "size_table",
]
