from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_fncells.core import changes
from napari_fncells.core.cut import cut_cell
from napari_fncells.core.document import Document
from napari_fncells.core.effort import Effort, EffortClock, EffortParams
from napari_fncells.core.geometry import Box
from napari_fncells.core.join import join_cells
from napari_fncells.core.judge import finish, judge
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.reshape import resize_cell, smooth_cell
from tests.core.random_shapes import added, drafted, region


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_idle_time_is_left_out() -> None:
    watch = Watch()
    clock = EffortClock(watch)
    assert clock.visit.active_seconds == 0
    for gap in (5, 10, 30, 30.5, 3600, 2):
        clock.active()
        watch.time += gap
    clock.active()
    assert clock.visit.active_seconds == 5 + 10 + 30 + 2
    watch.time += 20
    clock.pause()
    watch.time += 4
    clock.active()
    assert clock.visit.active_seconds == 47


def test_what_counts_as_idle_is_a_parameter() -> None:
    watch = Watch()
    clock = EffortClock(watch, EffortParams(idle=3))
    for gap in (2, 3, 4):
        clock.active()
        watch.time += gap
    clock.active()
    assert clock.visit.active_seconds == 5


def test_gestures_are_counted_and_are_signs_of_life() -> None:
    watch = Watch()
    clock = EffortClock(watch)
    for gesture in ("fix", "lasso", "fix"):
        clock.count(gesture)
        watch.time += 4
    assert clock.visit == Effort(active_seconds=8, visits=1, gestures={"fix": 2, "lasso": 1})


def worked_on() -> Document:
    labels = np.zeros((60, 80), np.uint16)
    for i, left in enumerate((0, 20, 40), 1):
        labels[10:30, left : left + 15] = i
    labels[40:55, 0:15] = 4
    document = drafted(labels)
    objects = document.objects
    document.commit(changes.remove_cell(document, objects[4]))
    i = added(document, Box(40, 40, 55, 55))
    added(document, Box(0, 0, 3, 3))
    document.undo()
    document.commit(cut_cell(document, objects[1], np.array([(5.0, 7.0), (35.0, 7.0)])))
    document.commit(join_cells(document, objects[2], objects[3], np.array([(20, 30), (20, 45)])))
    for margin in (1, 2):
        change = resize_cell(document, objects[i], region(objects[i].box.padded(1)))
        document.commit(replace(change, continues=margin == 2))
    document.commit(judge(document, [objects[2]], ObjectState.UNSURE))
    before = document.labels[55:, 60:].copy()
    document.labels[56:58, 62:66] = document.next_id
    document.record(changes.stroke(document, Box(55, 60, 60, 80), before, "paint"))
    return document


def test_corrections_are_those_in_force() -> None:
    document = worked_on()
    effort = Effort.of(document)
    assert effort == Effort(
        removed=1, added=2, splits=1, joins=1, strokes=1, outlines=1, judged=1, undos=1
    )
    document.undo()
    document.undo()
    after = Effort.of(document)
    assert (after.strokes, after.judged, after.undos, after.added) == (0, 0, 3, 1)
    # The two turns of the wheel are one gesture
    document.undo()
    assert (Effort.of(document).outlines, Effort.of(document).undos) == (0, 4)
    document.redo()
    assert (Effort.of(document).outlines, Effort.of(document).undos) == (1, 4)


def test_cells_accepted_with_the_picture_are_judged_and_smoothing_is_an_outline() -> None:
    labels = np.zeros((60, 80), np.uint16)
    labels[10:30, 0:15] = 1
    labels[10:30, 30:45] = 2
    labels[15:18, 35:38] = 0
    document = drafted(labels)
    document.commit(smooth_cell(document, document.objects[2]))
    document.commit(finish(document))
    effort = Effort.of(document)
    assert (effort.judged, effort.outlines) == (1, 1)


def test_visits_add_up() -> None:
    watch = Watch()
    document = worked_on()
    first = EffortClock(watch)
    first.count("fix")
    watch.time += 10
    first.count("lasso")
    kept = json.loads(json.dumps(first.visit.as_mapping()))
    second = EffortClock(watch, earlier=Effort.from_mapping(kept))
    second.count("fix")
    watch.time += 5
    second.active()
    total = second.effort(document)
    assert total.active_seconds == 15
    assert total.visits == 2
    assert total.gestures == {"fix": 2, "lasso": 1}
    assert total.removed == 1
    assert second.visit.active_seconds == 5
    assert first.visit + second.visit + Effort.of(document) == total


def test_pictures_add_up() -> None:
    one = Effort(active_seconds=3, visits=1, gestures={"b": 1}, removed=2, undos=1)
    two = Effort(active_seconds=4.5, visits=2, gestures={"a": 1, "b": 2}, removed=1, joins=3)
    both = one + two
    assert both == Effort(7.5, 3, {"a": 1, "b": 3}, removed=3, joins=3, undos=1)
    assert list(both.gestures) == ["a", "b"]
    assert one + Effort() == one
    assert sum([one, two], start=Effort()) == both


def test_json() -> None:
    effort = Effort(active_seconds=12.25, visits=3, gestures={"fix": 4}, strokes=2)
    facts = json.loads(json.dumps(effort.as_mapping()))
    assert Effort.from_mapping(facts) == effort
    assert Effort.from_mapping({**facts, "author": "Ada", "id": "x"}) == effort
    assert Effort.from_mapping({}) == Effort()


@pytest.mark.parametrize("idle", [0, -1, float("nan")])
def test_idle_must_be_a_time(idle: float) -> None:
    with pytest.raises(ValueError, match="idle"):
        EffortParams(idle=idle)
