from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as PilImage

from napari_fncells.core.changes import set_ignored
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.steps import finish
from napari_fncells.io.images import read_image
from napari_fncells.session.curated import select
from napari_fncells.session.entry import EntryState
from napari_fncells.session.folder_import import Import, ImportOptions, Standing, import_steps
from napari_fncells.session.image import ImageSession
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.release import export
from tests.session.sets import labels_of, saved_picture, worked_on


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """Label images for a and b, in a folder of another program."""
    folder = tmp_path / "masks"
    folder.mkdir()
    for number, name in enumerate("ab"):
        saved_picture(tmp_path / "p", f"{name}.png")
        tifffile.imwrite(folder / f"{name}_mask.tif", labels_of(number))
    return folder


def run(source: Path, folder: Path, **options: object) -> Import:
    return finish(import_steps(source, folder, ImportOptions(**options)))


def opened(folder: Path, name: str = "a.png", author: str = "") -> Keeper:
    return Keeper.open(read_image(folder / name), author)


def test_drafts_in(masks: Path, tmp_path: Path) -> None:
    saved_picture(tmp_path / "p", "c.png")
    done = run(masks, tmp_path / "p")
    assert [each.cells for each in done.pictures] == [3, 3, None]
    assert "no mask of that name" in done.pictures[2].reason
    assert done.failed == ()
    entries = select(tmp_path / "p")
    states = [each.state for each in list(entries)[:2]]
    assert states == [EntryState.DRAFT] * 2
    keeper = opened(tmp_path / "p")
    assert keeper.document.edit_count == 1
    assert {cell.state for cell in keeper.document.cells} == {ObjectState.DRAFT}
    np.testing.assert_array_equal(keeper.document.labels > 0, labels_of(0) > 0)
    keeper.close()


def test_truth_in_is_done_and_one_step(masks: Path, tmp_path: Path) -> None:
    empty = np.zeros((24, 30), np.uint8)
    saved_picture(tmp_path / "p", "c.png")
    PilImage.fromarray(empty).save(masks / "c.png")
    done = run(masks, tmp_path / "p", standing=Standing.TRUTH, annotator="Ada")
    assert [each.cells for each in done.pictures] == [3, 3, 0]
    from napari_fncells.session.curated import Wanted

    for each in select(tmp_path / "p", Wanted("Ada", only_done=True)):
        assert each.state is EntryState.DONE
    keeper = opened(tmp_path / "p", author="Ada")
    document = keeper.document
    assert document.done
    assert {cell.state for cell in document.cells} == {ObjectState.ACCEPTED}
    details = document.history[0].change.details
    assert details["params"]["source"]["file"] == "a_mask.tif"
    document.undo()
    assert document.untouched
    assert not document.labels.any()
    keeper.close()


@pytest.mark.parametrize("standing", list(Standing))
def test_ignored_regions_come_with_the_masks_and_go_out_again(
    tmp_path: Path, standing: Standing
) -> None:
    """COCO out and in again: cells, ids aside, and what was left undecided."""
    folder, other = tmp_path / "p", tmp_path / "other"
    worked_on(folder, "a.png")
    keeper = opened(folder)
    region = np.zeros((24, 30), bool)
    region[21:, 20:] = True
    keeper.document.commit(set_ignored(keeper.document, Box.whole((24, 30)), region))
    keeper.close()
    export(folder, tmp_path / "set", "coco")
    saved_picture(other, "a.png")
    [file] = (tmp_path / "set" / "coco").glob("*.json")
    assert run(file, other, standing=standing).pictures[0].cells == 3
    keeper = opened(other)
    document = keeper.document
    np.testing.assert_array_equal(document.ignored > 0, region)
    np.testing.assert_array_equal(document.labels > 0, labels_of(0) > 0)
    assert document.edit_count == 1
    assert document.done is (standing is Standing.TRUTH)
    document.undo()
    assert not document.ignored.any()
    assert not document.labels.any()
    document.redo()
    keeper.close()
    [each] = select(other)
    np.testing.assert_array_equal(each.truth.ignored, region)


@pytest.mark.parametrize("standing", list(Standing))
def test_the_experts_work_stays_unless_asked(
    masks: Path, tmp_path: Path, standing: Standing
) -> None:
    folder = tmp_path / "p"
    worked_on(folder, "a.png", 3)
    keeper = opened(folder)
    before = keeper.document.labels.copy()
    session = ImageSession(read_image(folder / "a.png"), "", keeper.document)
    session.remove(2)
    keeper.close()
    done = run(masks, folder, standing=standing)
    assert done.pictures[0].cells is None
    assert "left as it is" in done.pictures[0].reason
    assert done.pictures[1].cells == 3
    run(masks, folder, standing=standing, worked_on=True)
    keeper = opened(folder)
    for i in (1, 3):
        np.testing.assert_array_equal(keeper.document.labels == i, before == i)
    keeper.document.undo()
    assert sorted(cell.id for cell in keeper.document.cells) == [1, 3]
    keeper.close()


def test_an_untouched_draft_is_replaced(masks: Path, tmp_path: Path) -> None:
    worked_on(tmp_path / "p", "a.png", 4, done=False)
    done = run(masks, tmp_path / "p", standing=Standing.TRUTH)
    assert done.pictures[0].cells == 3
    keeper = opened(tmp_path / "p")
    np.testing.assert_array_equal(keeper.document.labels > 0, labels_of(0) > 0)
    keeper.close()


def test_bad_files_are_told_and_the_others_go_on(masks: Path, tmp_path: Path) -> None:
    (masks / "a_mask.tif").write_bytes(b"II*\0nonsense")
    tifffile.imwrite(masks / "z_mask.tif", labels_of(0))
    done = run(masks, tmp_path / "p")
    assert [each.cells for each in done.pictures] == [None, 3]
    assert [each.picture.name for each in done.failed] == ["a.png"]
    assert [path.name for path in done.unused] == ["z_mask.tif"]


def test_a_mask_of_another_size_is_refused(masks: Path, tmp_path: Path) -> None:
    tifffile.imwrite(masks / "b_mask.tif", np.zeros((5, 5), np.uint16) + 1)
    done = run(masks, tmp_path / "p")
    assert [each.picture.name for each in done.failed] == ["b.png"]
    assert "5 x 5" in done.failed[0].reason


def test_a_picture_that_is_open_is_passed_over(masks: Path, tmp_path: Path) -> None:
    keeper = opened(tmp_path / "p")
    ImageSession(read_image(tmp_path / "p" / "a.png"), "", keeper.document).adopt(
        labels_of(2), "test"
    )
    assert keeper.flush()
    done = run(masks, tmp_path / "p")
    assert "another window" in done.pictures[0].reason
    assert done.pictures[0].cells is None
    keeper.close()


def test_nothing_that_belongs(masks: Path, tmp_path: Path) -> None:
    saved_picture(tmp_path / "q", "other.png")
    (tmp_path / "none").mkdir()
    for source, folder, said in (
        (masks, tmp_path / "q", "belongs to a picture"),
        (masks, tmp_path / "none", "no pictures"),
        (masks, tmp_path / "gone", "no folder"),
        (tmp_path / "gone", tmp_path / "p", "does not exist"),
    ):
        with pytest.raises(UserError, match=said):
            run(source, folder)
