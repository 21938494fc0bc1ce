"""The whole picture, from parameters and a seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.simulate.artefacts import add_debris, add_hair, add_macaroni, add_smears
from napari_fncells.core.simulate.camera import expose
from napari_fncells.core.simulate.canvas import Canvas, Distractor, glow
from napari_fncells.core.simulate.fibres import add_filaments, add_neurites, add_processes
from napari_fncells.core.simulate.fields import Plane, noise_field
from napari_fncells.core.simulate.kinds import KINDS
from napari_fncells.core.simulate.params import SimulationParams
from napari_fncells.core.simulate.placement import Region, place_somata
from napari_fncells.core.simulate.soma import RenderedSoma, Soma, Texture, make_soma, render_soma
from napari_fncells.core.simulate.tissue import Tissue, make_tissue
from napari_fncells.core.simulate.truth import mark_cells

_Placed = list[tuple[Soma, float, float]]


class Simulation(NamedTuple):
    """A simulated picture.

    Attributes
    ----------
    image : (Y, X, 3) uint8
        RGB picture.
    labels : (Y, X) uint16
        Instance truth: 1..n, each one 8-connected component; 0 is ground.
    distractors : tuple of Distractor
        Bright things in the picture that are no cells.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint16]
    distractors: tuple[Distractor, ...]


def simulate_image(kind: str, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return a simulated picture of a named kind, with its truth.

    Parameters
    ----------
    kind : str
        A key of `KINDS`: "sparse", "crowded", "artefacts", "dim", "empty", "red" or "green".
    seed : int
        0 or more; the same seed gives the same picture.

    Returns
    -------
    image : (1200, 1600, 3) uint8
        RGB picture.
    labels : (1200, 1600) uint16
        Instance truth: 1..n, each one 8-connected component; 0 is ground.

    Raises
    ------
    ParameterError
        If the kind is not known or the seed is negative.
    """
    if kind not in KINDS:
        raise ParameterError(
            f"There is no kind of simulated picture named {kind!r}.",
            f"Known are: {', '.join(KINDS)}.",
        )
    image, labels, _ = simulate(KINDS[kind], seed)
    return image, labels


def simulate(params: SimulationParams, seed: int) -> Simulation:
    """Return the picture that `params` and `seed` describe.

    Parameters
    ----------
    params : SimulationParams
        What the picture holds.
    seed : int
        0 or more; the same parameters and seed give the same picture.

    Returns
    -------
    Simulation
        Picture, instance truth and the list of what is no cell.

    Raises
    ------
    ParameterError
        If the seed is negative.
    """
    if seed < 0:
        raise ParameterError(f"A seed must be 0 or more, not {seed}.", f"Try {-seed}.")
    # A stream for each part: changing the number of fibres leaves the cells where they are.
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(7)]
    ground_rng, cell_rng, drawing_rng, smear_rng, fibre_rng, debris_rng, camera_rng = streams
    canvas = Canvas.blank(params.shape)
    tissue = make_tissue(ground_rng, params, canvas)
    median_area = _picture_area(cell_rng, params)
    region = Region(cell_rng, params.shape, params.gathered_share)
    cells = _choose_cells(cell_rng, params, median_area, region, tissue)
    drawn = _draw_cells(drawing_rng, params, cells, canvas)

    smears = _number(smear_rng, params, params.out_of_focus_count)
    add_smears(canvas, smear_rng, params, cells, region, median_area, smears)
    _draw_fibres(fibre_rng, params, region, cells, canvas)
    _draw_debris(debris_rng, params, tissue, canvas)

    dye, glow_of_tissue = _total_light(params, canvas, tissue)
    image = expose(camera_rng, params, dye, glow_of_tissue)
    wobble = noise_field(drawing_rng, params.shape, 4.0)
    return Simulation(image, mark_cells(params, drawn, wobble), tuple(canvas.distractors))


def _number(rng: np.random.Generator, params: SimulationParams, expected: float) -> int:
    """Return how many objects this picture gets of an expected number per 1200x1600 px."""
    if expected <= 0:
        return 0
    spread = 1.0 + params.count_spread * float(rng.uniform(-1.0, 1.0))
    return round(expected * spread * params.area_ratio)


def _picture_area(rng: np.random.Generator, params: SimulationParams) -> float:
    """Return the median cell area (px) of this picture."""
    return params.cell_area_px * float(np.exp(rng.normal(0.0, params.picture_area_spread)))


def _choose_cells(
    rng: np.random.Generator,
    params: SimulationParams,
    median_area_px: float,
    region: Region,
    tissue: Tissue,
) -> _Placed:
    """Return the true cells with their places; at least one where cells are wanted."""
    number = _number(rng, params, params.cell_count)
    if params.cell_count > 0:
        number = max(number, 1)
    somata = []
    for _ in range(number):
        brightness = params.cell_brightness * float(
            np.exp(rng.normal(0, params.brightness_spread))
        )
        if rng.uniform() < params.saturated_share:
            brightness *= float(rng.uniform(1.3, 2.0))
        brightness = max(brightness, params.visible_contrast)
        somata.append(make_soma(rng, params, median_area_px, brightness))
    # Large bodies first: small ones still find room among them.
    somata.sort(key=lambda soma: -soma.radius_px)
    return place_somata(rng, somata, region, tissue.free, params.clump_share)


def _draw_cells(
    rng: np.random.Generator, params: SimulationParams, cells: _Placed, canvas: Canvas
) -> list[RenderedSoma]:
    """Draw bodies, grains and processes onto the canvas; return the drawn bodies."""
    texture = Texture(rng)
    drawn = []
    for soma, y, x in cells:
        body = render_soma(rng, soma, y, x, texture)
        canvas.add_patch(body.light, body.top, body.left)
        focus = "sharp" if soma.blur_px < 2.2 else "near"
        canvas.add_points(focus, body.grains, body.grain_peaks)
        add_processes(canvas, rng, soma, y, x, params.process_length_px)
        drawn.append(body)
    return drawn


def _draw_fibres(
    rng: np.random.Generator,
    params: SimulationParams,
    region: Region,
    cells: _Placed,
    canvas: Canvas,
) -> None:
    """Draw neurites, and filaments that leave the brightest cells."""
    brightness = min(0.12 * params.cell_brightness, 9.0)
    number = _number(rng, params, params.neurite_count)
    add_neurites(canvas, rng, region, number, brightness)
    filaments = _number(rng, params, params.filament_count)
    if filaments and cells:
        brightest = sorted(cells, key=lambda cell: -cell[0].brightness)[:3]
        starts = [(y, x) for _, y, x in brightest]
        add_filaments(canvas, rng, starts, filaments, 0.7 * params.cell_brightness)


def _draw_debris(
    rng: np.random.Generator, params: SimulationParams, tissue: Tissue, canvas: Canvas
) -> None:
    """Draw specks, dust and, where asked for, the macaroni blob and a hair."""
    number = _number(rng, params, params.debris_count)
    shape = np.array(params.shape, dtype=np.float64)
    add_debris(canvas, rng, number, min(1.1 * params.cell_brightness, 90.0), shape)
    if params.macaroni:
        add_macaroni(canvas, rng, tissue.free)
    if params.stripe:
        add_hair(canvas, rng, 0.15 * params.cell_brightness)


def _total_light(params: SimulationParams, canvas: Canvas, tissue: Tissue) -> tuple[Plane, Plane]:
    """Return the light of dye and of tissue, each (Y, X) float32, that reaches the camera."""
    objects = canvas.collect()
    objects = tissue.present * (objects + tissue.stripe)
    dye = tissue.illumination * (objects + glow(objects, params.halo))
    own = tissue.illumination * tissue.present * tissue.ground
    return np.asarray(dye, dtype=np.float32), np.asarray(own, dtype=np.float32)
