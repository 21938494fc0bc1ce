"""How ground truth is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from napari_fncells.core.params.base import Params


class ExportParams(Params):
    """What an export may be asked, whatever the formats."""

    category: Annotated[
        str,
        Field(
            min_length=1,
            max_length=60,
            description="Name of the class that all cells are of.",
            json_schema_extra={"label": "Class name"},
        ),
    ] = "cell"
    ignore_value: Annotated[
        int,
        Field(
            ge=0,
            le=254,
            description="Grey value of ignored regions in binary masks; 0 is background.",
            json_schema_extra={"label": "Ignored regions"},
        ),
    ] = 0
    coco_outlines: Annotated[
        Literal["rle", "polygons"],
        Field(
            description="Pixels exactly, run by run, or polygons along the pixels' edges.",
            json_schema_extra={
                "label": "COCO outlines",
                "titles": {"rle": "exact pixels (RLE)", "polygons": "polygons"},
            },
        ),
    ] = "rle"
