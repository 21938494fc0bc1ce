"""What a simulated picture is made of: every number with its range, unit and meaning."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Colour = Literal["yellow", "red", "green"]

# Counts are stated per picture of this size (1200 x 1600) and follow the area of other shapes.
REFERENCE_AREA_PX = 1200 * 1600


class SimulationParams(BaseModel):
    """Parameters of a simulated fluorescence picture.

    Grey levels are those of an 8-bit picture. Numbers of objects are expected numbers for
    1200x1600 px; other shapes get as many as their area holds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: int = Field(1200, ge=48, le=8192, description="Rows of the picture (px)")
    width: int = Field(1600, ge=48, le=8192, description="Columns of the picture (px)")
    colour: Colour = Field("yellow", description="Fluorophore: which channels carry the light")

    cell_count: float = Field(12, ge=0, le=400, description="Visible cells per 1200x1600 px")
    count_spread: float = Field(
        0.2, ge=0, le=0.9, description="Picture-to-picture spread of all numbers (share)"
    )
    clump_share: float = Field(0.2, ge=0, le=1, description="Share of cells that touch others")
    gathered_share: float = Field(
        0.6, ge=0, le=1, description="Share of cells gathered in one region; the rest lie anywhere"
    )

    cell_area_px: float = Field(1136, ge=60, le=10000, description="Median area of a cell (px)")
    cell_area_spread: float = Field(
        0.62, ge=0, le=1.2, description="Spread of areas in a picture (standard deviation of ln)"
    )
    picture_area_spread: float = Field(
        0.25, ge=0, le=1, description="Spread of the median area between pictures (sd of ln)"
    )
    elongation: float = Field(1.6, ge=1, le=4, description="Mean ratio of long to short axis")
    irregularity: float = Field(
        0.09, ge=0, le=0.3, description="Waviness of the outline (share of the radius)"
    )
    processes: float = Field(1.8, ge=0, le=6, description="Mean number of processes of a cell")
    process_length_px: float = Field(45, ge=0, le=600, description="Median process length (px)")

    cell_brightness: float = Field(
        60, ge=4, le=600, description="Median direct light of a cell (grey levels)"
    )
    brightness_spread: float = Field(
        0.24, ge=0, le=1.2, description="Spread of brightness between cells (sd of ln)"
    )
    visible_contrast: float = Field(
        9, ge=1, le=100, description="Direct light that a true cell has at least (grey levels)"
    )
    saturated_share: float = Field(
        0.1, ge=0, le=1, description="Share of cells so bright that the camera clips"
    )
    nucleus_dimming: float = Field(
        0.35, ge=0, le=0.9, description="Greatest loss of light at the nucleus (share)"
    )
    granularity: float = Field(
        0.5, ge=0, le=1, description="Share of the light that may sit in bright grains"
    )
    focus_blur_px: float = Field(1.8, ge=0.3, le=8, description="Median blur of a cell (px)")
    focus_blur_spread: float = Field(0.5, ge=0, le=1, description="Spread of the blur (sd of ln)")
    halo: float = Field(0.8, ge=0, le=2, description="Scattered light per direct light of objects")

    out_of_focus_count: float = Field(
        22, ge=0, le=300, description="Smears of cells above or below focus; not cells"
    )
    neurite_count: float = Field(22, ge=0, le=300, description="Fine beaded fibres; not cells")
    filament_count: float = Field(0, ge=0, le=100, description="Bright long filaments; not cells")
    debris_count: float = Field(14, ge=0, le=300, description="Bright specks and dust; not cells")
    hot_pixel_count: float = Field(12, ge=0, le=500, description="Defective camera pixels")
    dark_hole_count: float = Field(
        0.8, ge=0, le=30, description="Vessels and clefts without light"
    )
    tissue_edge: bool = Field(False, description="The tissue ends inside the picture")
    stripe: bool = Field(False, description="The edge of the tissue is a thick bright stripe")
    macaroni: bool = Field(False, description="A curled, tube-like blob of free fluorophore")

    ground_level: float = Field(6.5, ge=0, le=120, description="Mean ground light (grey levels)")
    ground_spread: float = Field(
        0.25, ge=0, le=1, description="Spread of the ground light between pictures (sd of ln)"
    )
    ground_texture: float = Field(
        0.07, ge=0, le=0.5, description="Mottling of the ground at each scale (share)"
    )
    dark_speck_count: float = Field(
        1600, ge=0, le=9000, description="Shadows of unlabelled cells in the ground"
    )
    illumination_unevenness: float = Field(
        0.5, ge=0, le=1, description="Fall of the light across the picture (share)"
    )
    read_noise: float = Field(0.56, ge=0, le=10, description="Camera noise in the dark (levels)")
    shot_noise: float = Field(
        0.085, ge=0, le=4, description="Variance of the light's own noise per grey level (levels)"
    )

    outline_offset_px: float = Field(
        0.0,
        ge=-6,
        le=6,
        description="Where the expert draws: px outside (+) or inside (-) the steepest edge",
    )
    outline_wobble_px: float = Field(
        0.7, ge=0, le=4, description="Unsteadiness of the drawing hand (px)"
    )
    smallest_cell_px: int = Field(
        80, ge=9, le=2000, description="Cells with less area than this in view are not marked (px)"
    )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def area_ratio(self) -> float:
        """Area of the picture over that of 1200x1600 px."""
        return self.height * self.width / REFERENCE_AREA_PX
