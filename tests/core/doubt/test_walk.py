from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from napari_fncells.core.doubt.walk import Walk

ANY = range(10).__contains__


def test_by_doubt_and_back() -> None:
    walk, wanted = Walk(), {1, 2, 3}
    assert [walk.forward([3, 1, 2], wanted) for _ in range(3)] == [3, 1, 2]
    assert walk.back(ANY) == 1
    assert walk.back(ANY) == 3
    assert walk.back(ANY) is None
    assert walk.current == 3
    # Forward again on the same way, whatever the order is by now
    assert [walk.forward([2, 1, 3], wanted) for _ in range(2)] == [1, 2]


def test_another_order_counts_only_for_what_is_new() -> None:
    walk = Walk()
    walk.forward([3, 1, 2, 4], {1, 2, 3, 4})
    assert walk.forward([4, 3, 2, 1], {1, 2, 3, 4}) == 4
    assert walk.forward([3, 4, 1, 2], {1, 2}) == 1


def test_what_is_decided_is_passed_over_forward_and_seen_going_back() -> None:
    walk = Walk()
    for _ in range(3):
        walk.forward([1, 2, 3], {1, 2, 3})
    assert walk.back(lambda i: i != 2) == 1
    assert walk.forward([1, 2, 3], {3}) == 3


def test_after_the_last_come_those_passed_over() -> None:
    walk = Walk()
    for _ in range(3):
        walk.forward([1, 2, 3], {1, 2, 3})
    assert walk.forward([3, 2, 1], {1, 3}) == 1
    assert walk.forward([3, 2, 1], {1, 3}) == 3
    assert walk.forward([1, 2, 3], set()) is None


def test_the_only_one_left_is_its_own_next() -> None:
    walk = Walk()
    assert walk.forward([1, 2], {2}) == 2
    assert walk.forward([1, 2], {2}) == 2


def test_what_is_taken_back_is_new_again_until_it_is_decided_on() -> None:
    walk = Walk()
    for _ in range(3):
        walk.forward([1, 2, 3], {1, 2, 3})
    walk.note([1, 2])
    walk.forget([2, 1])
    assert [i for i in (1, 2, 3, 4) if walk.is_new(i)] == [1, 2, 4]
    # One that was only looked at has not become so
    assert walk.seen == {1, 2, 3}
    walk.go_to(1)
    walk.note([1])
    assert walk.forward([3, 2, 1], {2}) == 2
    assert not walk.is_new(1)


def test_what_was_decided_elsewhere_is_not_walked_to_until_it_is_undone() -> None:
    walk = Walk()
    walk.note([1])
    assert walk.forward([1, 2, 3], {1, 2, 3}) == 2
    walk.forget([1, 2])
    assert walk.seen == {2}
    assert walk.forward([1, 2, 3], {1, 2, 3}) == 1


@given(st.data())
def test_each_is_new_once_and_none_is_lost(data: st.DataObject) -> None:
    walk, met = Walk(), []
    everything = list(range(8))
    for _ in range(8):
        order = data.draw(st.permutations(everything))
        if met and data.draw(st.booleans()):
            walk.back(ANY)
            while walk.current != met[-1]:
                walk.forward(order, set(everything))
        met.append(walk.forward(order, set(everything)))
    assert sorted(met) == everything
