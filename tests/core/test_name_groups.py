from __future__ import annotations

import pytest

from napari_fncells.core.name_groups import name_groups
from napari_fncells.core.params.split import SplitParams
from napari_fncells.io.datasets.v1_facts import v1_facts

NAMES = {
    "Mar19bS1C4R2_LHr_200x_y.png": ("mar19b", "mar19bs1c4r2"),
    "Mar19bS1C4R2_LHl_200x_y.png": ("mar19b", "mar19bs1c4r2"),
    "Mar19bS1C4R3_LHl_200x_y.png": ("mar19b", "mar19bs1c4r3"),
    "MAR38S1C3R1_DML_20_o.png": ("mar38", "mar38s1c3r1"),
    "Mar37S1C2R1_DMl_200x_o.png": ("mar37", "mar37s1c2r1"),
    "RT353S2C1R5_r1.png": ("rt353", "rt353s2c1r5"),
    "MAR32C2R3_PVHr_200x_r.png": ("mar32", "mar32c2r3"),
    "yellow_Mar32bS2C2R2_DMl_200x_image.png": ("mar32b", "mar32bs2c2r2"),
    # What FNC v1 renamed goes to the slice that it is of
    "37_y.png": ("mar43", "mar43s2c3r1"),
    "38_y.png": ("mar43", "mar43s2c3r1"),
    "39_y.png": ("mar44", "mar44s4c3r2"),
}


@pytest.mark.parametrize(("by", "which"), [("animal", 0), ("slice", 1)])
def test_names_of_fnc(by: str, which: int) -> None:
    groups = name_groups(NAMES, SplitParams(by=by))
    assert groups.of == {name: parts[which] for name, parts in NAMES.items()}
    assert groups.alone == ()


def test_every_name_of_v1_is_read() -> None:
    for by, number in (("animal", 22), ("slice", 117)):
        groups = name_groups(v1_facts(), SplitParams(by=by))
        assert groups.alone == ()
        assert len(set(groups.of.values())) == number


def test_other_names_are_alone_and_told() -> None:
    groups = name_groups(["cell.tif", "12.png", "Mar.png", ""], SplitParams(by="animal"))
    assert groups.alone == ("cell.tif", "12.png", "Mar.png", "")
    assert len(set(groups.of.values())) == 4


def test_a_pattern() -> None:
    names = ["m1_a.png", "m1_b.png", "M2_a.png", "other.png"]
    groups = name_groups(names, SplitParams(by="pattern", pattern=r"^([mM]\d)_"))
    assert groups.of == {"m1_a.png": "m1", "m1_b.png": "m1", "M2_a.png": "m2",
                         "other.png": "other.png"}  # fmt: skip
    assert groups.alone == ("other.png",)
    whole = name_groups(names, SplitParams(by="pattern", pattern=r"[mM]\d"))
    assert whole.of["m1_a.png"] == whole.of["m1_b.png"] == "m1"


def test_pictures_are_their_own_groups() -> None:
    groups = name_groups(["a.png", "b.png"], SplitParams(by="image"))
    assert groups.of == {"a.png": "a.png", "b.png": "b.png"}
    assert groups.alone == ()
