"""What working files hold of a picture's mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellObject
from napari_fncells.io.working_record import WorkingImage, WorkingSummary


@dataclass(frozen=True)
class WorkingState:
    """What the files hold of a picture's mask at one moment.

    Attributes
    ----------
    labels
        (Y, X) uint16 or uint32.
    objects
        Every known object, removed ones included.
    done
        Whether the picture is finished.
    edits
        Number of the last edit.
    journal
        Identity of the history.
    image
        The picture.
    annotator
        Whose corrections.
    effort
        Visits to the picture, as JSON values.
    summary
        What a list of pictures shows of it.
    ignored
        (Y, X) bool regions; None where there are none.
    note
        On the picture.
    """

    labels: Labels
    objects: tuple[CellObject, ...]
    done: bool
    edits: int
    journal: str
    image: WorkingImage
    annotator: str = ""
    effort: tuple[dict[str, Any], ...] = ()
    summary: WorkingSummary | None = None
    ignored: NDArray[np.bool_] | None = None
    note: str = ""
