from __future__ import annotations

from napari_fncells.session.visits import Visits
from napari_fncells.store.rows import Visit

EARLIER = Visit("x", "2026-01-01T00:00:00+00:00", "Ada", 2.5, '{"clicks": 3}')
DAMAGED = Visit("y", "2026-01-02T00:00:00+00:00", "Ada", 1.0, "{")


def test_the_last_word_on_a_visit_counts() -> None:
    visits = Visits([EARLIER], "Bob")
    visits.note({"active_seconds": 1.0})
    now = visits.note({"active_seconds": 4.0, "clicks": 2})
    assert [visit.id for visit in visits] == ["x", now.id]
    assert visits.seconds == 6.5
    assert visits.efforts[1]["clicks"] == 2
    assert visits.efforts[1]["author"] == "Bob"


def test_this_visit_is_not_among_the_earlier_ones() -> None:
    visits = Visits([EARLIER], "Bob")
    visits.note({"active_seconds": 1.0})
    (earlier,) = visits.earlier
    assert (earlier["id"], earlier["active_seconds"], earlier["clicks"]) == ("x", 2.5, 3)


def test_facts_that_cannot_be_read_cost_only_themselves() -> None:
    (told,) = Visits([DAMAGED], "Ada").efforts
    assert told["active_seconds"] == 1.0
