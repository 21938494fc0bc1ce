from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.name_groups import name_groups
from napari_fncells.core.params.base import validated
from napari_fncells.core.params.split import SPLITS, SplitParams
from napari_fncells.core.splits import SplitPicture, assign, leaks
from napari_fncells.io.datasets.v1_facts import v1_facts


def pictures(*rows: tuple[str, str, int], identity: str = "") -> list[SplitPicture]:
    return [SplitPicture(name, group, cells, identity) for name, group, cells in rows]


@st.composite
def sets(draw: st.DrawFn) -> list[SplitPicture]:
    number = draw(st.integers(3, 40))
    groups = draw(st.lists(st.integers(0, 12), min_size=number, max_size=number))
    cells = draw(st.lists(st.sampled_from([0, 0, 1, 4, 70]), min_size=number, max_size=number))
    same = draw(st.lists(st.integers(0, 500), min_size=number, max_size=number))
    return [
        SplitPicture(f"{at}.png", f"g{groups[at]}", cells[at], f"sha{same[at]}")
        for at in range(number)
    ]


def units(found: list[SplitPicture]) -> list[set[str]]:
    """What hangs together by groups and by identical pictures."""
    joined: list[set[str]] = []
    for picture in found:
        mine = {f"group {picture.group}", f"identity {picture.identity}"}
        for other in [each for each in joined if each & mine]:
            joined.remove(other)
            mine |= other
        joined.append(mine)
    return joined


@settings(max_examples=60, deadline=None)
@given(sets(), st.integers(0, 5), st.randoms(use_true_random=False))
def test_nothing_that_belongs_together_is_divided(
    found: list[SplitPicture], seed: int, random: object
) -> None:
    params = SplitParams(by="slice", train=0.5, val=0.3, test=0.2, seed=seed)
    assume(len({picture.group for picture in found}) > 8)
    assume(len(units(found)) >= len(SPLITS))
    splits = assign(found, params)
    assert list(splits) == [picture.name for picture in found]
    assert set(splits.values()) == set(SPLITS)
    assert leaks(found, splits) == ()
    other = list(found)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert assign(other, params) == splits


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=30, max_size=80), st.integers(0, 3))
def test_single_pictures_are_spread_by_their_counts(cells: list[int], seed: int) -> None:
    found = pictures(*[(f"{at}.png", f"{at}", number) for at, number in enumerate(cells)])
    splits = assign(found, SplitParams(by="image", seed=seed))
    shares = SplitParams().shares
    held = Counter(splits.values())
    empty = Counter(splits[p.name] for p in found if not p.cells)
    for split, share in shares.items():
        assert abs(held[split] - share * len(found)) <= 2
        assert abs(empty[split] - share * sum(empty.values())) <= 2


def test_fnc_by_animals_is_balanced() -> None:
    names = list(v1_facts())
    groups = name_groups(names, SplitParams(by="animal"))
    empty = {name: v1_facts()[name].empty for name in names}
    found = pictures(*[(name, groups.of[name], 0 if empty[name] else 5) for name in names])
    held = Counter(assign(found, SplitParams(by="animal")).values())
    assert 180 <= held["train"] <= 215
    assert all(30 <= held[split] <= 55 for split in ("val", "test"))


def test_another_seed_divides_otherwise() -> None:
    found = pictures(*[(f"{at}.png", f"{at}", at % 7) for at in range(40)])
    first, second = (assign(found, SplitParams(by="image", seed=seed)) for seed in (0, 1))
    assert first != second
    assert all(
        abs(n - Counter(second.values())[s]) <= 2 for s, n in Counter(first.values()).items()
    )


def test_what_was_divided_before_stays() -> None:
    found = pictures(*[(f"{at}.png", f"{at // 2}", at % 5) for at in range(40)])
    earlier = assign(found[:20], SplitParams(by="slice"))
    grown = assign(found, SplitParams(by="slice", seed=9), earlier | {"gone.png": "test"})
    assert {name: grown[name] for name in earlier} == earlier
    assert leaks(found, grown) == ()
    # A new picture of a known group goes where the group is
    more = [*found, SplitPicture("new.png", "0", 3)]
    assert assign(more, SplitParams(by="slice"), grown)["new.png"] == grown["0.png"]


def test_a_group_that_was_parted_before_is_told() -> None:
    found = pictures(("a.png", "g", 1), ("b.png", "g", 1), ("c.png", "h", 1), ("d.png", "i", 1))
    with pytest.raises(UserError, match="g was divided between test and train before"):
        assign(found, SplitParams(), {"a.png": "train", "b.png": "test"})


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (["a"] * 5, "There is only 1 animal for the splits train and val and test."),
        (["a", "a", "b"], "There are only 2 animals for"),
        ([], "There are only 0 animals for"),
    ],
)
def test_fewer_groups_than_splits(groups: list[str], said: str) -> None:
    found = pictures(*[(f"{at}.png", group, 1) for at, group in enumerate(groups)])
    with pytest.raises(UserError) as caught:
        assign(found, SplitParams(by="animal"))
    assert said in caught.value.sentence


def test_a_split_may_be_left_out() -> None:
    found = pictures(("a.png", "a", 1), ("b.png", "b", 0))
    assert set(assign(found, SplitParams(val=0)).values()) == {"train", "test"}
    assert set(assign(found, SplitParams(val=0, test=0)).values()) == {"train"}


def test_leaks_are_found() -> None:
    found = [
        SplitPicture("a.png", "g", 1, "x"),
        SplitPicture("b.png", "g", 1, "y"),
        SplitPicture("c.png", "h", 1, "x"),
        SplitPicture("d.png", "i", 1, ""),
        SplitPicture("e.png", "j", 1, ""),
    ]
    splits = {"a.png": "train", "b.png": "test", "c.png": "val", "d.png": "val", "e.png": "test"}
    identical, group = leaks(found, splits)
    assert identical.kind == "identical"
    assert identical.names == {"train": ("a.png",), "val": ("c.png",)}
    assert group.in_words == "g is in different splits: b.png in test and a.png in train."
    assert leaks(found, dict.fromkeys(splits, "train")) == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"train": 0, "val": 0, "test": 0}, "must be above 0"),
        ({"by": "pattern"}, "a pattern goes with"),
        ({"by": "image", "pattern": "x"}, "a pattern goes with"),
        ({"by": "pattern", "pattern": "("}, "no regular expression"),
        ({"by": "published", "train": 0, "val": 0}, "must be above 0"),
        ({"val": -1}, "val cannot be -1"),
    ],
)
def test_wrong_parameters(given: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match="(?i)" + said):
        validated(SplitParams, given)
