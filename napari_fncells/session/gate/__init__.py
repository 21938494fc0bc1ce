"""The gate before an export: what may be wrong with a set of pictures and their masks."""

from napari_fncells.session.gate.accepted import Accepted
from napari_fncells.session.gate.picture import (
    PictureCheck,
    check_document,
    check_picture,
    no_mask,
)
from napari_fncells.session.gate.pictures import SetCheck
from napari_fncells.session.gate.report import Found, GateReport
from napari_fncells.session.gate.run import check_folder, check_steps

__all__ = [
    "Accepted",
    "Found",
    "GateReport",
    "PictureCheck",
    "SetCheck",
    "check_document",
    "check_folder",
    "check_picture",
    "check_steps",
    "no_mask",
]
