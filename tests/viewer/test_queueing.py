"""Going through a folder of pictures in a viewer, without a window."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from napari.components import ViewerModel
from PIL import Image

from napari_fncells.core.errors import UserError
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.session.entry import EntryState
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.queue import View
from napari_fncells.viewer.pictures import image_layer_data
from napari_fncells.viewer.workspace import Workspace, workspace_of
from tests.pictures import CELLS, SETTINGS, SHAPE, save_picture

NAMES = ("a.png", "b.png", "c.png", "d.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    place.mkdir()
    for name in NAMES:
        save_picture(place, name)
    return place


def opened(folder: Path) -> Workspace:
    # The viewer is kept alive along with it
    workspace = workspace_of(viewer := ViewerModel())
    workspace.__dict__["viewer_of_the_test"] = viewer
    workspace.open_folder(folder)
    return workspace


def watch_until(workspace: Workspace, true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not true():
        assert time.monotonic() < limit, "it did not happen"
        workspace.watch()
        time.sleep(0.01)


def state(workspace: Workspace, name: str) -> EntryState:
    queue = workspace.queueing.queue
    assert queue is not None
    return queue.entries[name].state


def written(workspace: Workspace, name: str) -> bool:
    queue = workspace.queueing.queue
    assert queue is not None
    return not queue.entries[name].waiting


def leave(workspace: Workspace) -> None:
    """End as a window does that is closed."""
    workspace.saving.flush()
    workspace.queueing.close()
    workspace.saving.close()


def test_done_goes_to_the_next_which_is_drafted(folder: Path) -> None:
    workspace = opened(folder)
    workspace.drafting.draft(SETTINGS)
    assert workspace.queueing.drafts.on
    workspace.navigation.finish()
    assert workspace.queueing.current == "b.png"
    assert workspace.session is not None
    assert workspace.session.document.counts.untouched == 4
    watch_until(workspace, lambda: state(workspace, "a.png") is EntryState.DONE)
    assert state(workspace, "b.png") is EntryState.DRAFT
    assert workspace.session.document.undo_summary == "draft (threshold)"
    leave(workspace)


def test_layers_are_handed_on(folder: Path) -> None:
    workspace = opened(folder)
    workspace.drafting.draft(SETTINGS)
    layers = list(workspace.viewer.layers)
    assert len(layers) == 3
    for _ in range(2):
        workspace.navigation.step(1)
        assert list(workspace.viewer.layers) == layers
        assert workspace.mask_layer is layers[1]
        assert workspace.mask_layer.document is workspace.session.document
        assert workspace.mask_layer.data is workspace.session.document.labels
        np.testing.assert_array_equal(layers[0].data, image_shown(workspace))
        assert layers[0].name == f"{Path(workspace.current.name).stem} (brightened)"
    before = layers[2].data.copy()
    row, column, *_ = CELLS[0]
    workspace.correction.fix_at(row, column)
    assert (layers[2].data != before).any(), "the states follow the mask that is shown"
    workspace.navigation.step(-1)
    assert workspace.session.document.edit_count == 1
    workspace.undo()
    assert not workspace.mask_layer.data.any()
    leave(workspace)


def image_shown(workspace: Workspace) -> np.ndarray:
    """What a layer made anew shows of the current picture."""
    image = read_image(workspace.current.path)
    return image_layer_data(image)[0]


def test_pictures_of_other_kinds_get_layers_of_their_own(folder: Path) -> None:
    grey = np.asarray(Image.open(folder / "b.png").convert("L"))
    Image.fromarray(grey[:150]).save(folder / "b.png")
    Image.fromarray(grey.astype(np.uint16) * 100).save(folder / "c.png")
    workspace = opened(folder)
    workspace.drafting.draft(SETTINGS)
    for shape in ((150, 240), SHAPE, SHAPE):
        workspace.navigation.step(1)
        layers = workspace.viewer.layers
        assert len(layers) == 3
        assert layers[0].data.shape[:2] == shape
        assert layers[1].data.shape == layers[2].data.shape == shape
        assert layers[1] is workspace.mask_layer
        np.testing.assert_array_equal(layers[0].data, image_shown(workspace))
        if not layers[0].rgb:
            low, high = layers[0].contrast_limits
            assert 0 <= low < high <= layers[0].data.max()
    leave(workspace)


def test_the_settings_of_the_display_go_with_one(folder: Path) -> None:
    workspace = opened(folder)
    params = workspace.display.params.model_copy(update={"brightness": 2.0})
    workspace.display.set_params(params, workspace.current.image_layer)
    first = workspace.current.image_layer.data.copy()
    workspace.navigation.step(1)
    np.testing.assert_array_equal(workspace.current.image_layer.data, first)
    workspace.display.set_params(
        params.model_copy(update={"brightness": 0.0}), workspace.current.image_layer
    )
    np.testing.assert_array_equal(workspace.current.image_layer.data, image_shown(workspace))
    leave(workspace)


def test_one_goes_on_where_one_stopped(folder: Path) -> None:
    workspace = opened(folder)
    workspace.drafting.draft(SETTINGS)
    workspace.navigation.step(1)
    workspace.navigation.step(1)
    view = View(search="png", sort="state")
    workspace.queueing.show(view)
    workspace.viewer.scene.camera.zoom = 3.5
    workspace.viewer.scene.camera.center = (0, 40, 60)
    leave(workspace)
    again = opened(folder)
    assert again.queueing.current == "c.png"
    assert again.queueing.queue.view == view
    assert again.queueing.drafts.on
    assert again.queueing.drafts.settings == SETTINGS
    assert again.viewer.scene.camera.zoom == pytest.approx(3.5)
    assert again.viewer.scene.camera.center[-2:] == pytest.approx((40, 60))
    leave(again)


def test_next_goes_through_what_is_shown(folder: Path) -> None:
    workspace = opened(folder)
    workspace.navigation.step(1)
    workspace.navigation.mark_unsure()
    assert workspace.queueing.current == "c.png"
    workspace.queueing.show(View(frozenset((EntryState.UNSURE,))))
    workspace.navigation.step(-1)
    assert workspace.queueing.current == "b.png"
    said: list[str] = []
    workspace.said.connect(said.append)
    workspace.navigation.reopen()
    assert said[-1] == "The picture is open again."
    leave(workspace)


def test_the_end_of_the_queue_is_told_and_the_last_one_counts(folder: Path) -> None:
    workspace = opened(folder)
    said: list[str] = []
    workspace.said.connect(said.append)
    for _ in NAMES[:-1]:
        workspace.navigation.finish()
    assert workspace.queueing.current == "d.png"
    workspace.navigation.finish()
    assert "That was the last one" in said[-1]
    watch_until(workspace, lambda: workspace.queueing.queue.progress.done == 4)
    leave(workspace)


def test_a_picture_that_cannot_be_read_is_passed_over_both_ways(
    folder: Path, capture_notifications: list[str]
) -> None:
    (folder / "b.png").write_bytes(b"x")
    workspace = opened(folder)
    workspace.navigation.step(1)
    assert workspace.queueing.current == "c.png"
    assert state(workspace, "b.png") is EntryState.PROBLEM
    assert any("b.png" in message for message in capture_notifications)
    workspace.navigation.step(-1)
    assert workspace.queueing.current == "a.png"
    leave(workspace)


def test_the_first_may_be_one_that_cannot_be_read(folder: Path) -> None:
    (folder / "a.png").write_bytes(b"x")
    workspace = opened(folder)
    assert workspace.queueing.current == "b.png"
    leave(workspace)


def test_the_next_is_ready_before_it_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = opened(folder)
    workspace.drafting.draft(SETTINGS)
    jobs = workspace.queueing._prefetch._jobs
    watch_until(workspace, lambda: all(job.future.done() for job in jobs.values()))
    assert [path.name for path in jobs] == ["b.png", "c.png"]
    workspace.runner = lambda *_: pytest.fail("nothing is left to be read or drafted")
    workspace.navigation.step(1)
    assert workspace.queueing.current == "b.png"
    assert workspace.session.document.counts.untouched == 4
    leave(workspace)


def test_drafting_the_queue_leaves_the_open_picture_alone(folder: Path) -> None:
    workspace = opened(folder)
    workspace.correction.fix_at(*CELLS[0][:2])
    edits = workspace.session.document.edit_count
    workspace.queueing.drafts.set_on(True)
    workspace.queueing.drafts.draft_all()
    assert workspace.session.document.edit_count == edits
    assert [state(workspace, name) for name in NAMES[1:]] == [EntryState.DRAFT] * 3
    workspace.navigation.step(1)
    assert workspace.session.document.edit_count == 1
    leave(workspace)


def test_files_that_cannot_be_written_are_told_and_done_waits(folder: Path) -> None:
    workspace = opened(folder)
    # In the way of the folder of mask files
    (folder / "fncells").write_text("")
    workspace.correction.fix_at(*CELLS[0][:2])
    workspace.navigation.finish()
    assert workspace.queueing.current == "b.png", "leaving waits for the journal alone"
    watch_until(workspace, lambda: bool(workspace.saving.unwritten))
    assert [path.name for path in workspace.saving.unwritten] == ["a.png"]
    assert state(workspace, "a.png") is EntryState.IN_WORK
    assert workspace.queueing.queue.progress.done == 0
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    workspace.saving.save_elsewhere(elsewhere)
    watch_until(workspace, lambda: state(workspace, "a.png") is EntryState.DONE)
    assert not workspace.saving.unwritten
    (labels,) = elsewhere.rglob("a.png.labels.tif")
    assert load_labels(labels).values.any()
    leave(workspace)
    again = opened(folder)
    assert state(again, "a.png") is EntryState.DONE, "the place is remembered"
    leave(again)


def test_files_left_behind_by_a_crash_are_written_at_the_next_start(folder: Path) -> None:
    workspace = opened(folder)
    workspace.correction.fix_at(*CELLS[0][:2])
    # As a process that is killed: the journal is on the disk, the files are not
    keeper, picture = workspace.current.keeper, workspace.current
    assert keeper.flush()
    workspace.queueing.left(picture, behind=True)
    workspace.queueing.remember()
    workspace.saving._pool.submit(lambda: None).result()
    assert keeper.close(files=False)
    assert not (folder / "fncells" / "a.png.labels.tif").exists()
    again = opened(folder)
    again.navigation.step(1)
    watch_until(again, lambda: written(again, "a.png"))
    assert (folder / "fncells" / "a.png.labels.tif").exists()
    assert state(again, "a.png") is EntryState.IN_WORK
    leave(again)


def test_a_read_only_folder_is_told_and_another_place_is_remembered(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "napari_fncells.session.mask_place.is_writable", lambda place: place != folder
    )
    workspace = opened(folder)
    assert "read-only" in workspace.queueing.notice
    assert workspace.queueing.lacks_place
    workspace.queueing.choose_place(tmp_path / "mine")
    assert not workspace.queueing.lacks_place
    assert str(tmp_path / "mine") in workspace.queueing.notice
    workspace.correction.fix_at(*CELLS[0][:2])
    workspace.navigation.finish()
    watch_until(workspace, lambda: state(workspace, "a.png") is EntryState.DONE)
    assert not list((folder / "fncells").glob("*.tif"))
    assert len(list((tmp_path / "mine").rglob("a.png.labels.tif"))) == 1
    leave(workspace)


def test_masks_that_were_there_are_begun_with_and_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    pixels = np.zeros(SHAPE, np.uint16)
    for row, column, radius, _ in CELLS[:3]:
        pixels[row - radius : row + radius, column - radius : column + radius] = 65535
    for name in ("1.png", "2.png"):
        save_picture(tmp_path / "images", name)
        Image.fromarray(pixels).save(tmp_path / "masks" / name)
    before = {p: hashlib.sha256(p.read_bytes()).digest() for p in tmp_path.rglob("*.png")}
    workspace = opened(tmp_path)
    assert workspace.queueing.queue.folder == tmp_path / "images"
    assert workspace.session.document.counts.untouched == 3
    assert state(workspace, "1.png") is EntryState.GIVEN
    assert workspace.show_difference().startswith("Against the original: 0 added, 0 removed, 0")
    workspace.correction.fix_at(*CELLS[0][:2])
    workspace.correction.fix_at(*CELLS[3][:2])
    assert "1 added, 1 removed, 0 of 2 others changed" in workspace.show_difference()
    assert workspace.overlay.comparing
    workspace.show_difference()
    assert not workspace.overlay.comparing
    workspace.navigation.finish()
    assert state(workspace, "2.png") is EntryState.GIVEN
    watch_until(workspace, lambda: state(workspace, "1.png") is EntryState.DONE)
    leave(workspace)
    assert before == {p: hashlib.sha256(p.read_bytes()).digest() for p in before}


def test_a_given_mask_of_another_shape_is_told_and_not_taken(
    folder: Path, capture_notifications: list[str]
) -> None:
    (folder / "masks").mkdir()
    Image.fromarray(np.full((10, 10), 255, np.uint8)).save(folder / "masks" / "a.png")
    workspace = opened(folder)
    assert any("it was not taken" in message for message in capture_notifications)
    assert workspace.session.document.edit_count == 0
    leave(workspace)


def test_no_difference_without_a_given_mask(folder: Path) -> None:
    workspace = opened(folder)
    with pytest.raises(UserError, match="no mask before"):
        workspace.show_difference()
    leave(workspace)


def test_done_waits_for_the_files_of_this_annotator(folder: Path) -> None:
    workspace = opened(folder)
    workspace.change_author("Ada")
    workspace.correction.fix_at(*CELLS[0][:2])
    pool, gate = workspace.saving._pool, Event()
    # The files of the annotator before are written, and not told of yet
    pool.submit(lambda: None).result()
    pool.submit(gate.wait)
    workspace.navigation.finish()
    workspace.watch()
    assert state(workspace, "a.png") is EntryState.IN_WORK
    gate.set()
    watch_until(workspace, lambda: state(workspace, "a.png") is EntryState.DONE)
    assert (folder / "fncells" / "a.png.Ada.json").exists()
    leave(workspace)


def test_a_look_at_the_folder_for_another_annotator_is_not_shown(folder: Path) -> None:
    workspace = opened(folder)
    workspace.change_author("Ada")
    workspace.correction.fix_at(*CELLS[0][:2])
    workspace.navigation.finish()
    watch_until(workspace, lambda: state(workspace, "a.png") is EntryState.DONE)
    queueing, gate = workspace.queueing, Event()
    watch_until(workspace, lambda: queueing._watch._scan is None)
    queueing._watch._looker.submit(gate.wait)
    queueing._watch.soon()
    workspace.watch()
    begun = queueing._watch._scan
    assert begun is not None
    workspace.change_author("Bob")
    gate.set()
    watch_until(workspace, lambda: queueing._watch._scan is not begun)
    assert state(workspace, "a.png") is EntryState.NEW
    assert queueing.queue.entries["a.png"].annotators == ("Ada",)
    leave(workspace)


def test_another_annotator_has_work_of_their_own(folder: Path) -> None:
    workspace = opened(folder)
    workspace.change_author("Ada")
    workspace.correction.fix_at(*CELLS[0][:2])
    workspace.navigation.finish()
    watch_until(workspace, lambda: state(workspace, "a.png") is EntryState.DONE)
    workspace.change_author("Bob")
    assert state(workspace, "a.png") is EntryState.NEW
    assert workspace.queueing.queue.entries["a.png"].annotators == ("Ada",)
    workspace.navigation.go_to_name("a.png")
    assert workspace.session is None
    workspace.correction.fix_at(*CELLS[1][:2])
    assert workspace.session.document.history[0].author == "Bob"
    workspace.change_author("Ada")
    assert workspace.session.document.done
    leave(workspace)
    names = {path.name for path in (folder / "fncells").glob("*.tif")}
    assert names == {"a.png.Ada.labels.tif", "a.png.Bob.labels.tif"}


def test_done_waits_for_the_files_that_were_asked_for_last(folder: Path) -> None:
    workspace = opened(folder)
    workspace.correction.fix_at(*CELLS[0][:2])
    held, begun = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        held.wait(20)

    # What was to be written before is written only now
    workspace.saving._submit(folder.resolve() / "a.png", "", lambda: None)
    workspace.saving.later(slow)
    assert begun.wait(20)
    workspace.navigation.finish()
    for _ in range(20):
        workspace.watch()
        assert state(workspace, "a.png") is not EntryState.DONE
        time.sleep(0.01)
    held.set()
    watch_until(workspace, lambda: state(workspace, "a.png") is EntryState.DONE)
    assert (folder / "fncells" / "a.png.json").exists()


def test_a_picture_of_somebody_on_another_computer_can_be_taken_over(folder: Path) -> None:
    files = folder / "fncells"
    files.mkdir()
    facts = {
        "user": "eve", "host": "far", "pid": 17, "annotator": "Eve", "started": 1.0,
        "since": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    (files / "a.png.lock").write_text(json.dumps(facts))
    workspace = opened(folder)
    assert "Eve on far" in workspace.saving.state(workspace.current).read_only
    assert workspace.current.keeper.taken is not None
    workspace.take_over()
    workspace.correction.fix_at(*CELLS[0][:2])
    assert workspace.session.document.edit_count == 1
    leave(workspace)
    assert not (files / "a.png.lock").exists()


def test_somebody_elses_change_of_a_file_is_kept(folder: Path) -> None:
    workspace = opened(folder)
    workspace.drafting.draft(SETTINGS)
    told: list[str] = []
    workspace.saving.told.connect(told.append)
    workspace.navigation.step(1)
    watch_until(workspace, lambda: written(workspace, "a.png"))
    labels = folder / "fncells" / "a.png.labels.tif"
    labels.write_bytes(b"theirs")
    workspace.navigation.step(-1)
    workspace.correction.fix_at(*CELLS[0][:2])
    workspace.navigation.step(1)
    watch_until(workspace, lambda: bool(told))
    assert any("changed by somebody else" in note for note in told)
    (kept,) = (folder / "fncells").glob("a.png.conflict-*.labels.tif")
    assert kept.read_bytes() == b"theirs"
    leave(workspace)


def test_a_folder_of_napari_goes_to_where_one_stopped(folder: Path) -> None:
    first = opened(folder)
    first.navigation.step(1)
    first.navigation.step(1)
    leave(first)
    viewer = ViewerModel()
    workspace = workspace_of(viewer)
    data, meta, _ = image_layer_data(read_image(folder / "a.png"), folder=str(folder))
    viewer.add_image(data, **meta)
    workspace.watch()
    assert workspace.queueing.current == "c.png"
    leave(workspace)


def test_work_of_another_window_is_seen(folder: Path) -> None:
    workspace = opened(folder)
    keeper = Keeper.open(read_image(folder / "d.png"))
    from napari_fncells.core.judge import mark_picture

    keeper.document.commit(mark_picture(keeper.document, "unsure"))
    keeper.close()
    workspace.queueing._watch.soon()
    watch_until(workspace, lambda: state(workspace, "d.png") is EntryState.UNSURE)
    save_picture(folder, "e.png")
    workspace.queueing._watch.soon()
    watch_until(workspace, lambda: "e.png" in workspace.queueing.queue.entries)
    workspace.navigation.go_to_name("e.png")
    assert workspace.queueing.current == "e.png"
    leave(workspace)
