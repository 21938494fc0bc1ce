from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.evidence import Case, Evidence, Role
from napari_fncells.core.fit import FitResult, fit_steps
from napari_fncells.core.meter import measure, predicted_gestures
from napari_fncells.core.params import FNC_V1_DRAFT, PRESETS, DraftParams
from napari_fncells.core.segment import draft
from napari_fncells.core.simulate import simulate_image
from napari_fncells.core.steps import finish
from napari_fncells.core.subject import Subject, smallest_area, step_for
from tests.core.naive import disk
from tests.pictures import CELLS, SETTINGS, SHAPE, cell_picture

FEW = settings(max_examples=12, deadline=None, derandomize=True, database=None)
PICTURE = cell_picture()
TRUTH = np.zeros(SHAPE, np.uint16)
for number, (row, column, radius, _) in enumerate(CELLS, 1):
    TRUTH[disk(SHAPE, row, column, radius)] = number
WHOLE = Case(PICTURE, Evidence.finished(TRUTH))
# So low that the ground's noise is drafted, too
LOW = SETTINGS.with_settings({"amount": -0.5, "smoothing": 0.0, "opening": 0, "min_area": 0})


def fit(*cases: Case, start: DraftParams = LOW, budget: int = 100) -> FitResult:
    return finish(fit_steps(cases, start, budget))


def simulated(kind: str, seed: int, top: int, left: int) -> tuple[np.ndarray, np.ndarray]:
    """A part of a simulated picture with many cells."""
    image, labels = simulate_image(kind, seed)
    part = np.s_[top : top + 500, left : left + 700]
    return image[part], labels[part]


def test_finds_settings_that_need_nothing() -> None:
    result = fit(WHOLE)
    assert result.before.gestures.total > 3
    assert result.after.gestures.total == 0
    assert result.after.detections["iou"].f1 == 1
    assert result.improved
    assert result.params == LOW.with_settings(result.settings)
    before = result.before.gestures.total
    assert result.words == (
        f"With these settings 0 corrections would have been needed in place of {before} "
        "(1 picture)."
    )
    assert predicted_gestures(draft(PICTURE, result.params).labels, TRUTH).total == 0


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("cutoff.amount", 2.0, 0.9), ("cutoff.amount", 1.5, 4.0), ("clean_up.min_area", 700, 0)],
)
def test_recovers_the_setting_that_a_mask_was_made_with(
    name: str, right: float, wrong: float
) -> None:
    image, _ = simulated("crowded", 2, 200, 600)
    known = SETTINGS.with_settings({"opening": 3, name: right})
    truth = draft(image, known).labels
    start = known.with_settings({name: wrong})
    assert predicted_gestures(draft(image, start).labels, truth).total >= 4
    result = fit(Case(image, Evidence.finished(truth)), start=start)
    assert result.after.gestures.total <= 2
    assert result.settings[name] == pytest.approx(right, rel=0.3)


def test_large_pictures_are_searched_at_a_smaller_size_and_judged_at_their_own() -> None:
    image, truth = simulate_image("crowded", 2)
    case = Case(image, Evidence.finished(truth))
    assert step_for(case, smallest_area([case])) == 2
    start = SETTINGS.with_settings({"amount": 3.0})
    result = fit(case, start=start, budget=30)
    assert result.improved
    assert result.before.gestures == predicted_gestures(draft(image, start).labels, truth)
    assert result.after.gestures == predicted_gestures(draft(image, result.params).labels, truth)
    assert result.params.unit == "px"


def test_sizes_too_small_for_a_smaller_picture() -> None:
    image, truth = simulate_image("sparse", 1)
    start = SETTINGS.with_settings({"window": 3.0})
    assert fit(Case(image, Evidence.finished(truth)), start=start, budget=3).tried <= 3


def test_the_same_again() -> None:
    image, truth = simulated("crowded", 1, 400, 300)
    case = Case(image, Evidence.finished(truth))
    first, second = (fit(case, start=PRESETS[FNC_V1_DRAFT], budget=40) for _ in range(2))
    assert first == second


@FEW
@given(
    st.floats(-2, 12),
    st.floats(0, 8),
    st.sampled_from(["mean_sd", "background_sd", "percentile", "otsu"]),
    st.integers(0, 900),
    st.booleans(),
)
def test_never_worse_than_the_start(
    amount: float, smoothing: float, method: str, area: int, partly: bool
) -> None:
    start = SETTINGS.with_settings(
        {
            "method": method,
            "amount": 97 + amount / 5 if method == "percentile" else amount,
            "smoothing": smoothing,
            "min_area": area,
        }
    )
    evidence = WHOLE.evidence
    if partly:
        evidence = Evidence(evidence.places, evidence.roles, complete=False)
    result = fit(Case(PICTURE, evidence), start=start, budget=25)
    before = measure(draft(PICTURE, start).labels, evidence).gestures
    after = measure(draft(PICTURE, result.params).labels, evidence).gestures
    assert (result.before.gestures, result.after.gestures) == (before, after)
    assert result.tried <= 25
    if result.improved:
        assert after.total < before.total
    else:
        assert result.params == start


def test_nothing_to_gain() -> None:
    good = fit(WHOLE).params
    result = fit(WHOLE, start=good)
    assert not result.improved
    assert result.params == good
    assert result.words == (
        "No other settings were found that agree better: no correction would have been needed "
        "with the present ones (1 picture)."
    )


@pytest.mark.parametrize(("cells", "words"), [(0, "are 0"), (1, "is 1"), (2, "are 2")])
def test_too_few_decisions(cells: int, words: str) -> None:
    truth = np.where(cells >= TRUTH, TRUTH, 0)
    with pytest.raises(UserError, match=f"3 decisions at least; so far there {words}"):
        fit(Case(PICTURE, Evidence.finished(truth)))


def test_only_removed_cells() -> None:
    roles = np.array([0, *[Role.REJECTED] * 4], dtype=np.uint8)
    evidence = Evidence(TRUTH.astype(np.int32), roles, complete=False)
    with pytest.raises(UserError, match="only removed cells"):
        fit(Case(PICTURE, evidence))


def test_decisions_add_up_over_pictures() -> None:
    cases = [
        Case(PICTURE, Evidence.finished(np.where(np.isin(TRUTH, ids), TRUTH, 0)))
        for ids in ((1, 2), (3, 4))
    ]
    assert fit(*cases, budget=5).pictures == 2


def test_confirmed_cells_strew_nothing_over_open_ground() -> None:
    """The dim cell was added; nobody said anything about the ground."""
    evidence = Evidence(WHOLE.evidence.places, WHOLE.evidence.roles, complete=False)
    start = SETTINGS.with_settings({"amount": 2.5})
    assert draft(PICTURE, start).labels.max() == 3
    result = fit(Case(PICTURE, evidence), start=start)
    assert result.before.gestures.false_negatives == 1
    assert result.after.gestures.total == 0
    assert draft(PICTURE, result.params).labels.max() == 4


def test_removed_cells_raise_the_cutoff_or_the_area() -> None:
    """The dim cell was removed, the others accepted."""
    roles = np.array([0, *[Role.CELL] * 3, Role.REJECTED], dtype=np.uint8)
    evidence = Evidence(TRUTH.astype(np.int32), roles, complete=False)
    start = SETTINGS.with_settings({"amount": 0.5})
    assert draft(PICTURE, start).labels.max() == 4
    result = fit(Case(PICTURE, evidence), start=start)
    assert result.before.gestures.false_positives == 1
    assert result.after.gestures.total == 0
    assert draft(PICTURE, result.params).labels.max() == 3


def test_learns_how_far_out_outlines_are_drawn() -> None:
    """Of cells with steep edges, which no cutoff moves."""
    steep = np.where(TRUTH > 0, 200, 10).astype(np.uint8)
    wide = np.zeros(SHAPE, np.uint16)
    for number, (row, column, radius, _) in enumerate(CELLS, 1):
        wide[disk(SHAPE, row, column, radius + 9)] = number
    start = SETTINGS.with_settings({"amount": 1.0, "smoothing": 0.0})
    result = fit(Case(steep, Evidence.finished(wide)), start=start)
    assert result.before.gestures.false_negatives == 4
    assert result.after.gestures.total == 0
    assert result.params.clean_up.outline_offset > 4


def test_several_pictures_are_judged_on_those_left_out() -> None:
    cases = []
    for seed, top, left in ((1, 400, 200), (2, 300, 700), (4, 700, 600)):
        image, truth = simulated("sparse", seed, top, left)
        cases.append(Case(image, Evidence.finished(truth)))
    result = fit(*cases, start=PRESETS[FNC_V1_DRAFT])
    assert result.improved
    assert result.pictures == 3
    assert result.left_out is not None
    after, before = result.after.gestures.total, result.before.gestures.total
    assert after <= result.left_out.total < before
    assert result.words.endswith(
        f"in place of {before} (3 pictures). On pictures left out one by one: "
        f"{result.left_out.total}."
    )


def test_sizes_in_micrometres() -> None:
    sized = Case(PICTURE, WHOLE.evidence, pixel_size=0.5)
    start = LOW.in_unit("um", 0.5)
    result = fit(sized, start=start)
    assert result.after.gestures.total == 0
    assert result.params.unit == "um"
    with pytest.raises(ParameterError, match="size of a pixel"):
        fit(WHOLE, start=start)


def test_tells_how_it_goes_on_and_can_be_left_anywhere() -> None:
    steps = fit_steps([WHOLE], LOW)
    told = [next(steps) for _ in range(12)]
    steps.close()
    assert told[0] == "Measuring the present settings"
    assert told[-1].startswith("Trying settings: ")


@pytest.mark.parametrize("value", [0, 7])
def test_a_flat_picture(value: int) -> None:
    flat = np.full(SHAPE, value, np.uint8)
    result = fit(Case(flat, WHOLE.evidence))
    assert result.before.gestures == result.after.gestures
    assert not result.improved


@pytest.mark.parametrize("size", [None, 0.5])
@pytest.mark.parametrize("unit", ["px", "um"])
def test_a_smaller_picture_is_drafted_alike(size: float | None, unit: str) -> None:
    image, _ = simulate_image("sparse", 1)
    start = SETTINGS if unit == "px" else SETTINGS.in_unit("um", 0.5)
    case = Case(image, Evidence.finished(np.zeros(image.shape[:2], np.uint8)), size)
    if unit == "um" and size is None:
        with pytest.raises(ParameterError, match="size of a pixel"):
            Subject(case, 2).labels(start)
        return
    small, whole = Subject(case, 2).labels(start), Subject(case).labels(start)
    assert small.shape == (600, 800)
    assert predicted_gestures(np.kron(small, np.ones((2, 2), int)), whole).total <= 2


def test_needs_a_budget() -> None:
    with pytest.raises(ParameterError, match="one setting at least"):
        fit(WHOLE, budget=0)
