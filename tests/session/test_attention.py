"""The attention check on disk: whenever work is broken off, no file holds anything planted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_fncells.core.attention.choose import Planting
from napari_fncells.core.attention.clean import CleanMask
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.objects import Origin
from napari_fncells.core.params.attention import AttentionParams
from napari_fncells.io.images import read_image
from napari_fncells.io.record import Record
from napari_fncells.io.working import WorkingFiles, read
from napari_fncells.session.card import work_on
from napari_fncells.session.curated import Curated, Wanted, select
from napari_fncells.session.export import export_mask, make_record
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.release_facts import facts_of_picture, totals_of
from napari_fncells.session.snapshot import Snapshot
from tests.pictures import save_picture

OFTEN = AttentionParams(share=0.2, at_least=1.0)


def given(shape: tuple[int, int]) -> np.ndarray:
    labels = np.zeros(shape, np.int32)
    for n in range(8):
        top, left = 10 + 40 * (n // 4), 10 + 40 * (n % 4)
        labels[top : top + 14 + n, left : left + 16] = n + 1
    return labels


class Work:
    """One picture whose draft has errors planted in it."""

    def __init__(self, folder: Path, seed: int = 3) -> None:
        self.folder, self.root = folder / "pictures", folder / "data"
        self.folder.mkdir(parents=True)
        self.image = read_image(save_picture(self.folder, "a.png"))
        self.keeper = Keeper.open(self.image, "Ada", self.root)
        self.session = ImageSession(self.image, "Ada", self.keeper.document)
        self.session.attention = Planting(seed, OFTEN)
        self.truth = given(self.document.shape)
        self.session.adopt(self.truth, "given")

    @property
    def document(self) -> Document:
        return self.session.document

    def false_cells(self) -> list[int]:
        return [c.id for c in self.document.cells if c.origin is Origin.PLANT]

    def written(self) -> np.ndarray:
        """The labels of the mask files; nothing planted stands in the record either."""
        names = WorkingFiles.of(self.folder / "fncells", "a.png", "Ada")
        for place in (names.record, names.labels):
            assert place.exists()
        assert '"plant"' not in names.record.read_text()
        assert '"hidden"' not in names.record.read_text()
        labels = tifffile.imread(names.labels)
        found = read(names, labels.shape, self.image.sha256)
        assert found is not None
        alive = [c.id for c in found.state.objects if c.alive]
        assert sorted(alive) == np.unique(labels[labels > 0]).tolist()
        return labels


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path)


def test_mask_files_hold_what_was_drafted(work: Work) -> None:
    assert work.document.attended
    work.keeper.save_files()
    np.testing.assert_array_equal(work.written() > 0, work.truth > 0)
    summary = read(
        WorkingFiles.of(work.folder / "fncells", "a.png", "Ada"),
        work.document.shape,
        work.image.sha256,
    )
    assert summary is not None
    assert summary.state.summary is not None
    assert (summary.state.summary.final, summary.state.summary.state) == (8, "given")
    work.keeper.close()


@pytest.mark.parametrize("seed", range(2))
def test_broken_off_at_any_edit_the_files_written_anew_hold_nothing_planted(
    tmp_path: Path, seed: int
) -> None:
    """Kill after any number of edits, open again, write the mask files."""
    for count in range(8):
        work = Work(tmp_path / str(count), seed)
        for step in _steps(work)[:count]:
            step()
        # Neither mask files nor a farewell: the journal is all there is
        work.keeper.close(files=False, abandon=True)
        again = Keeper.open(work.image, "Ada", work.root)
        clean = CleanMask(again.document)
        assert again.document.attended == work.document.attended
        again.save_files()
        np.testing.assert_array_equal(work.written(), clean.labels())
        np.testing.assert_array_equal(work.written() > 0, work.truth > 0)
        again.close()


def _steps(work: Work) -> list[Callable[[], object]]:
    session, document = work.session, work.document
    false = work.false_cells()
    return [
        lambda: session.remove(false[0]) if false else None,
        lambda: session.accept(next(c.id for c in document.cells if c.origin is Origin.DRAFT)),
        document.undo,
        document.redo,
        lambda: session.adopt(work.truth, "again"),
        session.finish,
        session.finish,
    ]


def test_exports_in_the_middle_hold_nothing_planted(work: Work, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    report = export_mask(work.image, work.document, out)
    assert report.cells == 8
    mask = read_image(report.mask).pixels
    np.testing.assert_array_equal(mask > 0, work.truth > 0)
    work.keeper.close()
    chosen = list(select(work.folder, Wanted("Ada"), work.root))
    assert isinstance(chosen[0], Curated)
    np.testing.assert_array_equal(chosen[0].truth.labels > 0, work.truth > 0)
    assert len(chosen[0].truth.cells) == 8


def test_what_is_missed_is_shown_before_it_is_done(work: Work) -> None:
    total = len(work.document.plants.planted | work.document.plants.hidden)
    first = work.session.finish()
    assert len(first.missed) == total
    assert first.message.startswith(f"{total} planted error")
    assert not work.document.done
    np.testing.assert_array_equal(work.document.labels > 0, work.truth > 0)
    second = work.session.finish()
    assert second.missed == ()
    assert work.document.done
    effort = work.session.effort
    assert (effort.planted_found, effort.planted_missed) == (0, total)
    work.keeper.close()
    # In the record, the list, the report of a set and its card
    record = make_record(work.image, Snapshot.of(work.document, effort), "a.png", b"", gap=False)
    assert Record.from_bytes(record.to_bytes()).effort == effort
    pictures = select(work.folder, Wanted("Ada"), work.root)
    assert work_on(pictures)["a.png"].planted_missed == total
    facts = [facts_of_picture(each) for each in pictures if isinstance(each, Curated)]
    assert totals_of(facts, np.array([1])).planted_missed == total


def test_all_found_it_is_done_at_once_and_undone_at_once(tmp_path: Path) -> None:
    work = Work(tmp_path, seed=next(s for s in range(50) if _only_false(tmp_path / str(s), s)))
    for i in work.false_cells():
        work.session.remove(i)
    count = len(work.document.plants.planted)
    outcome = work.session.finish()
    assert work.document.done
    assert f"Found in this picture: {count} of {count}." in outcome.message
    work.document.undo()
    assert not work.document.done
    assert work.document.attended
    work.document.redo()
    assert work.document.done
    work.keeper.close()


def _only_false(folder: Path, seed: int) -> bool:
    work = Work(folder, seed)
    work.keeper.close(files=False)
    return bool(work.document.plants.planted) and not work.document.plants.hidden


def test_another_draft_plants_anew(work: Work) -> None:
    former = set(work.document.plants.planted | work.document.plants.hidden)
    work.session.adopt(work.truth, "again")
    kinds = [edit.change.kind for edit in work.document.history]
    assert kinds == [EditKind.DRAFT, EditKind.PLANT] * 2
    assert set(work.document.hidden) <= work.document.plants.hidden - former
    np.testing.assert_array_equal(CleanMask(work.document).labels() > 0, work.truth > 0)
    work.keeper.close()


def test_off_nothing_is_planted(work: Work) -> None:
    work.session.attention = None
    work.session.adopt(work.truth, "again")
    assert not work.document.attended
    work.keeper.close()
