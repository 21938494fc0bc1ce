from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from napari_fncells.core.box_index import BoxIndex
from napari_fncells.core.geometry import Box


def spans() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(-300, 900), st.integers(1, 600)).map(lambda s: (s[0], sum(s)))


def boxes() -> st.SearchStrategy[Box]:
    return st.builds(lambda r, c: Box(r[0], c[0], r[1], c[1]), spans(), spans())


@given(
    st.lists(st.tuples(st.integers(1, 8), st.one_of(st.none(), boxes())), max_size=20),
    boxes(),
)
def test_finds_what_a_look_at_every_box_finds(
    steps: list[tuple[int, Box | None]], asked: Box
) -> None:
    index, known = BoxIndex(), dict[int, Box]()
    for number, box in steps:
        if box is None:
            index.drop(number)
            known.pop(number, None)
        else:
            index.put(number, box)
            known[number] = box
    assert index.meeting(asked) == sorted(n for n, box in known.items() if box.overlaps(asked))
    assert len(index) == len(known)


def test_holds_nothing_of_what_was_dropped() -> None:
    index = BoxIndex()
    index.put(1, Box(0, 0, 5000, 5000))
    index.drop(1)
    assert not index._squares
